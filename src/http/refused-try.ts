// A try to prove who somebody is that was not judged, or was of no use: what the page that it came from says, where the person can go on
// with something else.
import type { Context } from 'koa';
import { AppError } from '../base/errors.ts';
import { phrasesFor } from './page.ts';

export interface Refusal {
  status: number;
  message: string;
}

/** After too many tries, and for a blocked account. Throws everything else again. */
export function refusalOf(ctx: Context, error: unknown): Refusal {
  if (!(error instanceof AppError)) throw error;
  const t = phrasesFor(ctx).signInFaults;
  if (error.code === 'account_blocked') return { status: 403, message: t.accountBlocked };
  if (error.status !== 429) throw error;
  const seconds = error.retryAfterSeconds ?? 60;
  ctx.set('Retry-After', String(seconds));
  return { status: 429, message: t.tooManyTries(Math.ceil(seconds / 60)) };
}
