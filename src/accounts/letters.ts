// What accounts have to tell people by mail. How it reads in their language and looks is the business of
// http/letters.ts; how it leaves the house, of outbox/mails.ts.
import type { Account } from './account.ts';

export type Letter =
  | { kind: 'passwordReset'; link: string; lifeSeconds: number }
  | { kind: 'signUp'; link: string; lifeSeconds: number }
  | { kind: 'invitation'; link: string; lifeSeconds: number }
  | { kind: 'emailChange'; link: string; lifeSeconds: number }
  /** To the address that the account had in the meantime. */
  | { kind: 'emailRestored' }
  /** To an address that somebody else's account shall get. */
  | { kind: 'addressTaken' }
  /** To somebody who has an account and asked for another one. */
  | { kind: 'accountExists'; link: string }
  /** Some days before; behind the link is the page where the person makes another one. */
  | { kind: 'personalTokenExpiring'; name: string; expiresAt: Date; link: string }
  | (OwnLetter & { alarm: AlarmLink });

/** What happened to an account, for its owner, who may say that it was not them (account-alarm.ts). */
export type OwnLetter =
  | {
      kind: 'newSignIn';
      at: Date;
      /** The IP address; undefined where nobody knows. */
      address: string | undefined;
      /** What the browser calls itself. */
      agent: string | undefined;
    }
  | { kind: 'passwordChanged' }
  /** To the address of before; behind the link it becomes that of the account again. */
  | { kind: 'emailChanged' }
  | { kind: 'passkeyAdded' }
  | { kind: 'personalTokenMade' }
  | { kind: 'passkeyRemoved' }
  | { kind: 'secondFactorAdded' }
  | { kind: 'secondFactorRemoved' }
  /** By an administrator. */
  | { kind: 'secondFactorReset' }
  | { kind: 'recoveryCodeUsed' }
  | { kind: 'recoveryCodesRenewed' };

export interface AlarmLink {
  href: string;
  lifeSeconds: number;
}

export interface Recipient {
  /** As it is stored: a bare address. */
  email: string;
  /** Only of a person who has an account: what a stranger typed is sent to nobody. */
  name?: string | undefined;
  /** A language tag; the default language when it is none of ours. */
  locale?: string | undefined;
}

/** Called inside the transaction that stores what the letter tells of: either both are or neither is. */
export type SendLetter = (to: Recipient, letter: Letter) => Promise<void>;

/** As SendLetter, to the address of the account, if it has confirmed one. */
export type TellOwner = (account: Account, letter: OwnLetter) => Promise<void>;
