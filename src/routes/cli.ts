// /cli: the short page for a person whom a program in a terminal sent there: one button, and a personal token to paste into that
// program. What the program calls itself is a stranger's word, and nothing here leads back to it. The long page, with choices,
// is /account/tokens.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { accountDoors } from '../http/account-pages.ts';
import { formOf } from '../http/input.ts';
import { phrasesFor } from '../http/page.ts';
import { signedInAs, signInHref } from '../http/signed-in.ts';
import { plainNameIn } from '../oidc/look-alikes.ts';
import { PERSONAL_SCOPES } from '../oidc/scopes.ts';
import type { Services } from '../services.ts';
import type { PersonalTokenFault } from '../tokens/personal-tokens.ts';

const PATH = '/cli';
const TOKENS_PATH = '/account/tokens';
/** What a program does that asks for one sign-in and keeps it: everything that such a token can. */
const SCOPES = [...PERSONAL_SCOPES];
const DAYS = 90;

export function cliRoutes(router: Router, services: Services): void {
  const { personalTokens, secondFactors, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);

  async function show(ctx: Context, program: string, fault?: PersonalTokenFault): Promise<void> {
    const { account, csrf, isRecent } = signedInAs(ctx);
    const isSurely = await secondFactors.isAsked(account.id);
    const here = program === '' ? PATH : `${PATH}?${new URLSearchParams({ name: program })}`;
    showPage(ctx, 'cli', {
      csrf,
      action: PATH,
      program,
      person: { name: account.name, ...(account.email && { email: account.email }) },
      scopes: SCOPES,
      days: DAYS,
      tokensHref: TOKENS_PATH,
      ...(!isRecent && { signInAgain: { href: signInHref(here, true, isSurely), isSurely } }),
      ...(fault && { fault: { message: phrasesFor(ctx).account.tokens.faults[fault] } }),
    });
  }

  const make: Middleware = async (ctx) => {
    const { account, sessionUid } = signedInAs(ctx);
    const program = plainNameIn(formOf(ctx).get('name') ?? '');
    const name = program || phrasesFor(ctx).cli.tokenName;
    const made = await personalTokens.make(account, { sessionUid, name, scopes: SCOPES, days: DAYS });
    if (typeof made === 'string') {
      await show(ctx, program, made);
      ctx.status = 409;
      return;
    }
    const { token, expiresAt } = made;
    showPage(ctx, 'cli/made', { token, expiresAt, program, tokensHref: TOKENS_PATH });
  };

  router.get(PATH, ...page, (ctx: Context) => show(ctx, plainNameIn(String(ctx.query['name'] ?? ''))));
  router.post(PATH, ...form, signedInPeople.recently, make);
}
