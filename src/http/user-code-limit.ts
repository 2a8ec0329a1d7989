// RFC 8628 §5.1: a user code is short, so wrong ones are counted: few for one browser session, more for one account that many
// browsers are signed in to, more for one address, and in all, since an attack on every waiting device at once comes from many.
import type { Context, Middleware } from 'koa';
import type { OpenThrottle } from '../accounts/attempts.ts';
import { forbidden } from '../base/errors.ts';
import { Siege } from '../base/siege.ts';
import { addressKey, type Throttle, type Try } from '../base/throttle.ts';

/** Wrong ones in a quarter of an hour. */
export const WRONG_USER_CODES = {
  windowSeconds: 15 * 60,
  perSession: 5,
  perAccount: 10,
  perAddress: 30,
  /** From then on there are for each … */
  inAll: 1_000,
  besieged: { perSession: 3, perAccount: 5, perAddress: 10 },
};

export interface Guesser {
  /** Of the browser. */
  session: string;
  address: string;
  /** Whoever is signed in there. */
  accountId?: string | undefined;
}

interface Limits {
  perSession: Throttle;
  perAccount: Throttle;
  perAddress: Throttle;
}

export class UserCodeLimit {
  readonly #inPeace: Limits;
  readonly #besieged: Limits;
  readonly #siege: Siege;

  constructor(open: OpenThrottle) {
    const { windowSeconds, inAll, besieged, ...inPeace } = WRONG_USER_CODES;
    // The same counts, measured against other limits.
    const limits = (most: Record<keyof Limits, number>): Limits => ({
      perSession: open('user-code:session', most.perSession, windowSeconds),
      perAccount: open('user-code:account', most.perAccount, windowSeconds),
      perAddress: open('user-code:address', most.perAddress, windowSeconds),
    });
    this.#inPeace = limits(inPeace);
    this.#besieged = limits(besieged);
    this.#siege = new Siege(open('user-code:all', inAll, windowSeconds));
  }

  /** Throws 429 without trying after too many wrong ones, 503 when that cannot be known. */
  async attempt<T extends Try>({ session, address, accountId }: Guesser, work: () => Promise<T>): Promise<T> {
    const { perSession, perAccount, perAddress } = this.#siege.isOn ? this.#besieged : this.#inPeace;
    const inSession = () => perSession.attempt(session, work);
    const inAccount = () =>
      accountId === undefined ? inSession() : perAccount.attempt(accountId, inSession);
    const outcome = await perAddress.attempt(addressKey(address), inAccount);
    if (!outcome.isRight) await this.#siege.countWrong();
    return outcome;
  }
}

export function limitUserCodes(
  limit: UserCodeLimit,
  sessionCookie: string,
  findAccountId: (ctx: Context) => Promise<string | undefined>,
): Middleware {
  return async (ctx, next) => {
    const isForm = ctx.path === '/device' && ctx.method === 'POST';
    if (!isForm && !ctx.path.startsWith('/device/')) return next();
    // The page gave the session with the form. Without one the engine would fail, and there is nothing to go on with.
    const session = ctx.cookies.get(sessionCookie, { signed: true });
    if (!session)
      throw forbidden('form_expired', 'The form is too old. Open /device again and enter the code there.');
    if (!isForm) return next();
    await limit.attempt({ session, address: ctx.ip, accountId: await findAccountId(ctx) }, async () => {
      await next();
      // Set by the page that says so (oidc/pages.ts).
      return { isRight: ctx.state['wrongUserCode'] !== true };
    });
    return undefined;
  };
}
