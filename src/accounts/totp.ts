// Codes of an authenticator app (RFC 6238 as every app knows it: SHA-1, six digits, 30 seconds). The secret is kept sealed; a code of
// the step before or after is good too, for clocks that differ, and none is good twice. Who has to show one is not known here.
import { generateSecret, generateURI, verifySync } from 'otplib';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import type { TotpStore } from './totp-store.ts';

const STEP_SECONDS = 30;
/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20;

/** What an app is told; it counts once a code of it was shown. */
export interface TotpOffer {
  /** Base32, for whoever types it. */
  secret: string;
  /** `otpauth:`, for whoever scans it. */
  uri: string;
}

export class Totp {
  readonly #store: TotpStore;
  readonly #sealer: Sealer;
  /** What the app shows above the codes. */
  readonly #issuer: string;

  constructor(store: TotpStore, sealer: Sealer, issuer: string) {
    this.#store = store;
    this.#sealer = sealer.for('totp');
    this.#issuer = issuer;
  }

  get sealed(): SealedColumn {
    return {
      table: 'totp_secrets',
      column: 'secret_sealed',
      key: { column: 'account_id', type: 'uuid' },
      sealer: this.#sealer,
      contextOf: ({ key }) => contextOf(String(key)),
    };
  }

  newSecret(): string {
    return generateSecret({ length: SECRET_BYTES });
  }

  /** `label`: what the account is called in the app. */
  offerOf(secret: string, label: string): TotpOffer {
    return { secret, uri: generateURI({ issuer: this.#issuer, label, secret }) };
  }

  /** Since when the account has an app. */
  async findAddedAt(accountId: string): Promise<Date | undefined> {
    return (await this.#store.find(accountId))?.addedAt;
  }

  /** The code shows that the app has the secret, and is used by that. 'taken': the account has an app already. */
  async add(accountId: string, secret: string, code: string): Promise<'added' | 'wrong' | 'taken'> {
    const step = stepOf(secret, code);
    if (step === undefined) return 'wrong';
    const secretSealed = this.#sealer.seal(secret, contextOf(accountId));
    const row = { secretSealed, lastUsedStep: step, addedAt: new Date(Date.now()) };
    return (await this.#store.insert(accountId, row)) ? 'added' : 'taken';
  }

  /** Whether the code is right and was not used before; from now on it is used, and so is every earlier one. */
  async use(accountId: string, code: string): Promise<boolean> {
    const row = await this.#store.find(accountId);
    const step = row && stepOf(this.#sealer.open(row.secretSealed, contextOf(accountId)), code);
    return step !== undefined && this.#store.useStep(accountId, step);
  }

  /** False when there is none. */
  remove(accountId: string): Promise<boolean> {
    return this.#store.delete(accountId);
  }
}

/** Whether a text could be a code of an app. */
export function looksLikeTotp(code: string): boolean {
  return /^\d{6}$/.test(code);
}

/** The step of time that the code is of: of now, the one before or the one after. */
function stepOf(secret: string, token: string): number | undefined {
  if (!looksLikeTotp(token)) return undefined;
  const epoch = Math.floor(Date.now() / 1000);
  const result = verifySync({ secret, token, epoch, epochTolerance: STEP_SECONDS });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}

function contextOf(accountId: string): string {
  return `totp:${accountId}`;
}
