// The part of views.ts that is about addresses and passwords: becoming an account by mail, and a new password.
import type { Fault, OurForm } from './views-parts.ts';

/** Posts `email`. */
export interface SignUpAskPage extends OurForm {
  email: string;
  fault?: Fault;
  signInHref: string;
}

export interface SignUpSentPage {
  againHref: string;
}

/** Posts `name`, `username`, `password`. */
export interface SignUpPage extends OurForm {
  /** The address that was proved. */
  email: string;
  values: { name: string; username: string };
  faults: readonly Fault[];
  passwordMinLength: number;
}

export interface SignUpDonePage {
  signInHref: string;
}

/** Posts `email`. */
export interface ResetPasswordPage extends OurForm {
  email: string;
  fault?: Fault;
  signInHref: string;
}

export interface ResetPasswordSentPage {
  againHref: string;
}

/** Posts `password`. */
export interface ResetPasswordNewPage extends OurForm {
  /** Whose password it is. */
  email: string;
  fault?: Fault;
  passwordMinLength: number;
}

export interface ResetPasswordDonePage {
  signInHref: string;
}
