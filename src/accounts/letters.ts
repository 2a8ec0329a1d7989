// What accounts have to tell people by mail. How it reads in their language and looks is the business of
// http/letters.ts; how it leaves the house, of outbox/mails.ts.

export type Letter =
  | { kind: 'passwordReset'; link: string; lifeSeconds: number }
  | { kind: 'passwordChanged' }
  | { kind: 'passkeyAdded' }
  | { kind: 'passkeyRemoved' }
  | { kind: 'signUp'; link: string; lifeSeconds: number }
  | { kind: 'invitation'; link: string; lifeSeconds: number }
  | { kind: 'emailChange'; link: string; lifeSeconds: number }
  /** To the address of before; behind the link it becomes that of the account again (account-alarm.ts). */
  | { kind: 'emailChanged'; link: string; lifeSeconds: number }
  /** To the address that the account had in the meantime. */
  | { kind: 'emailRestored' }
  | {
      kind: 'newSignIn';
      link: string;
      lifeSeconds: number;
      at: Date;
      /** The IP address; undefined where nobody knows. */
      address: string | undefined;
      /** What the browser calls itself. */
      agent: string | undefined;
    }
  | { kind: 'secondFactorAdded' }
  | { kind: 'secondFactorRemoved' }
  /** By an administrator. */
  | { kind: 'secondFactorReset' }
  | { kind: 'recoveryCodeUsed' }
  | { kind: 'recoveryCodesRenewed' }
  /** To an address that somebody else's account shall get. */
  | { kind: 'addressTaken' }
  /** To somebody who has an account and asked for another one. */
  | { kind: 'accountExists'; link: string };

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
