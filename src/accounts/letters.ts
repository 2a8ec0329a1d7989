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
  /** To the address of before. */
  | { kind: 'emailChanged' }
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
