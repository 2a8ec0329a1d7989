// The part of views.ts that is about second factors: asked for in a sign-in, set up and taken away on the account pages.
import type { AccountPage } from './views-account.ts';
import type { Fault, OurForm, PasskeyForm } from './views-parts.ts';

/** Posts `code`, of an app or of paper alike. */
export interface SecondFactorPage extends OurForm {
  /** Asks for a recovery code. */
  isOnPaper: boolean;
  /** From the app to paper, or back. */
  insteadHref?: string;
  /** Who has given the first proof: a name or an address. */
  person: string;
  /** What the person has and may use now, in the order in which it is offered. */
  factors: readonly ('totp' | 'recovery_code' | 'passkey')[];
  /** Where that is one of them. */
  passkey?: PasskeyForm;
  /** The sign-in page of the same sign-in. */
  otherHref: string;
  fault?: Fault;
}

/** Posts `set_up` and `code`. */
export interface AppSetUp {
  /** What has to come back. */
  setUp: string;
  /** For an app on the same machine. */
  uri: string;
  /** In groups of four. */
  secret: string;
  /** SVG of our own making: it is not escaped. */
  picture: string;
  fault?: Fault;
}

/** A person who needs a second factor and has none. */
export interface SecondFactorSetUpPage extends OurForm {
  /** One of their roles wants it; else the application does. */
  isForRole: boolean;
  /** And the form that leads back there. Left out when the person signs in to our own pages. */
  client?: { name: string; cancel: OurForm };
  otherHref: string;
  /** Left out when no app would be enough: then there is only the way back. */
  app?: AppSetUp;
  /** Adds one, instead. */
  passkey?: PasskeyForm;
  fault?: Fault;
}

/** Shown once. */
export interface RecoveryCodes {
  codes: readonly string[];
  /** Where the person goes on. */
  nextHref: string;
}

/** Each form posts nothing but `csrf`. */
export interface AccountSecondFactorPage extends AccountPage {
  csrf: string;
  /** Since when there is an app. */
  appSince?: Date;
  recoveryCodes: number;
  isRequired: boolean;
  setUpHref: string;
  renewAction: string;
  removeAction: string;
  /** Instead of what changes something: the sign-in was too long ago, or without the second step. */
  signInAgainHref?: string;
}

export interface AccountAppSetUpPage extends OurForm, AccountPage {
  app: AppSetUp;
}

export interface AccountRecoveryCodesPage extends RecoveryCodes, AccountPage {}
