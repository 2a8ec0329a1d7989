// The two requests of a page that takes a passkey, or has one made: its script fetches the question, and its form brings the answer.
// Which sign-in or session they belong to, whose form it is and what a passkey is good for there is each route's own business.
import type { Context } from 'koa';
import type { Account } from '../accounts/account.ts';
import type { Asked, PasskeySignIn, ProvedPasskey } from '../accounts/passkey-sign-in.ts';
import { PASSKEY_NAME_MAX_LENGTH, type AddOutcome, type Passkeys } from '../accounts/passkeys.ts';
import type { Metrics } from '../metrics.ts';
import type { PasskeyForm } from '../views-parts.ts';
import { deviceName } from './agent.ts';
import { formOf } from './input.ts';
import type { DeviceCookie } from './known-device.ts';
import { phrasesFor } from './page.ts';
import { refusalOf, type Refusal } from './refused-try.ts';

export interface PasskeyDoorsOptions {
  passkeys: Passkeys;
  passkeySignIn: PasskeySignIn;
  deviceCookie: DeviceCookie;
  metrics: Metrics;
}

export class PasskeyDoors {
  readonly #its: PasskeyDoorsOptions;

  constructor(options: PasskeyDoorsOptions) {
    this.#its = options;
  }

  /** For a page below which the two stand; nothing where no browser would have a passkey for us. */
  formAt(path: string): { passkey?: PasskeyForm } {
    if (!this.#its.passkeys.arePossible) return {};
    return { passkey: { action: path, optionsAction: `${path}/options` } };
  }

  async offer(ctx: Context, account: Account, placeUid: string): Promise<void> {
    ctx.body = await this.#its.passkeys.offer(account, placeUid);
  }

  /** Without a name of its own it is called after the browser. */
  add(ctx: Context, account: Account, placeUid: string): Promise<AddOutcome> {
    const fields = formOf(ctx);
    const name = fields.get('name')?.trim() || nameAfterBrowser(ctx);
    return this.#its.passkeys.add(account, { placeUid, name, answer: fields.get('answer') ?? '' });
  }

  async ask(ctx: Context, asked: Asked): Promise<void> {
    ctx.body = await this.#its.passkeySignIn.ask(asked);
  }

  async tryAnswer(ctx: Context, asked: Asked): Promise<ProvedPasskey | Refusal> {
    const { passkeySignIn, deviceCookie, metrics } = this.#its;
    const answer = formOf(ctx).get('answer') ?? '';
    try {
      const shown = { answer, address: ctx.ip, device: deviceCookie.of(ctx) };
      const proved = await passkeySignIn.prove(asked, shown);
      if (typeof proved === 'object') return proved;
      metrics.countSignIn('refused', 'passkey');
      const fault = proved === 'unknown' && asked.accountId !== undefined ? 'other' : proved;
      return { status: 400, message: phrasesFor(ctx).passkeys.faults[fault] };
    } catch (error) {
      return refusalOf(ctx, error);
    }
  }
}

export function nameAfterBrowser(ctx: Context): string {
  return deviceName(ctx.get('user-agent'), phrasesFor(ctx)).slice(0, PASSKEY_NAME_MAX_LENGTH);
}
