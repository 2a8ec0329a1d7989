// The secret of a link that was mailed, once it has been opened: out of the address, where histories and the logs of
// proxies keep it, into a cookie that only the pages behind the link get.
import type { Context } from 'koa';
import { seeOther } from './way-on.ts';

/** A cookie for the pages under one path, out of the reach of scripts and of forms from elsewhere. */
export class PrivateCookie {
  readonly #name: string;
  readonly #path: string;
  readonly #lifeSeconds: number;

  constructor(name: string, path: string, lifeSeconds: number) {
    this.#name = name;
    this.#path = path;
    this.#lifeSeconds = lifeSeconds;
  }

  keep(ctx: Context, value: string): void {
    ctx.cookies.set(this.#name, value, {
      path: this.#path,
      signed: false,
      httpOnly: true,
      // A mail is opened from elsewhere, so not "strict"; a form from elsewhere does not get it.
      sameSite: 'lax',
      maxAge: this.#lifeSeconds * 1000,
    });
  }

  /** Empty when there is none. */
  read(ctx: Context): string {
    return ctx.cookies.get(this.#name, { signed: false }) ?? '';
  }

  forget(ctx: Context): void {
    ctx.cookies.set(this.#name, null, { path: this.#path, signed: false });
  }
}

/** Keeps the secret of this request's `?token=` and sends the browser on to `next`, without it. */
export function exchangeToken(ctx: Context, cookie: PrivateCookie, next: string): void {
  cookie.keep(ctx, tokenOf(ctx));
  ctx.set('Referrer-Policy', 'no-referrer');
  seeOther(ctx, next);
}

/** Empty when there is none, or several. */
export function tokenOf(ctx: Context): string {
  const token = ctx.query['token'];
  return typeof token === 'string' ? token : '';
}
