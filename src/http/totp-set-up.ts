// How an authenticator app is set up on a page: a picture to scan, the same as text, and a form that brings both back with the first
// code. In a session (routes/account/second-factor.ts) and in a sign-in (routes/interaction/second-factor/set-up.ts) alike.
import type { Context } from 'koa';
import type { Account } from '../accounts/account.ts';
import type { SecondFactors, SetUp } from '../accounts/second-factors.ts';
import type { Fault } from '../views.ts';
import type { AppSetUp } from '../views-second-factor.ts';
import { formOf } from './input.ts';
import { phrasesFor } from './page.ts';
import { qrPicture } from './qr-picture.ts';

export type SetUpOutcome = { codes: readonly string[] } | { page: AppSetUp };

/** `holder`: the session or the sign-in in which it is set up. */
export function beginAppSetUp(factors: SecondFactors, account: Account, holder: string): AppSetUp {
  return pageOf(factors.beginSetUp(account, holder));
}

/** The recovery codes to show, or the page once more. Throws 410 and 409 as SecondFactors does. */
export async function finishAppSetUp(
  ctx: Context,
  factors: SecondFactors,
  account: Account,
  holder: string,
): Promise<SetUpOutcome> {
  const form = formOf(ctx);
  const [sealed, code] = [form.get('set_up') ?? '', form.get('code')?.trim() ?? ''];
  const { faults } = phrasesFor(ctx).secondFactor;
  const codes = code === '' ? undefined : await factors.finishSetUp(account, holder, { sealed, code });
  if (codes) return { codes };
  const message = code === '' ? faults.empty : faults.wrongFirst;
  return { page: pageOf(factors.goOnWithSetUp(account, holder, sealed), { field: 'code', message }) };
}

function pageOf({ secret, uri, sealed }: SetUp, fault?: Fault): AppSetUp {
  return {
    setUp: sealed,
    uri,
    // As people type it.
    secret: secret.replaceAll(/.{4}(?=.)/g, '$& '),
    picture: qrPicture(uri),
    ...(fault && { fault }),
  };
}
