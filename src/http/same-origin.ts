// A form of ours is only taken from a page of ours (OWASP ASVS V3.5). Browsers say where a POST comes from in
// Sec-Fetch-Site or Origin; one that says neither must prove itself with the token of the form.
import { createHmac } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { isSameText } from '../base/crypto.ts';
import { forbidden } from '../base/errors.ts';
import { formOf } from './input.ts';

export class FormTokens {
  readonly #keys: readonly string[];

  /** `keys`: newest first. Forms that an older one signed are still taken. */
  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The token of the forms that belong to `subject`, for example an interaction. */
  of(subject: string): string {
    return tokenOf(this.#keys[0] ?? '', subject);
  }

  /** Refuses a form whose token belongs to something else. */
  check(ctx: Context, subject: string): void {
    const token = formOf(ctx).get('csrf') ?? '';
    if (!this.#keys.some((key) => isSameText(token, tokenOf(key, subject)))) throw refused();
  }
}

function tokenOf(key: string, subject: string): string {
  return createHmac('sha256', key).update(`form:${subject}`).digest('base64url');
}

export function sameOriginOnly(issuer: string): Middleware {
  return (ctx, next) => {
    const site = ctx.get('sec-fetch-site');
    const origin = ctx.get('origin');
    const isForeign =
      site !== '' ? site !== 'same-origin' && site !== 'none' : origin !== '' && origin !== issuer;
    if (isForeign) throw refused();
    return next();
  };
}

/** For what programs send and no page does: it could be sent in the name of a visitor's address. `sentence`: what they may not. */
export function refuseOtherSites(ctx: Context, issuer: string, sentence: string): void {
  const origin = ctx.get('origin');
  if (origin !== '' && origin !== issuer) throw forbidden('origin_not_allowed', sentence);
}

function refused(): Error {
  return forbidden(
    'form_expired',
    'The form did not come from our own page. Open the page again and send it from there.',
  );
}
