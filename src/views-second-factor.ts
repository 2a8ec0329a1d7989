// The part of views.ts that is about second factors: asked for in a sign-in, set up and taken away on the account pages.
import type { Fault, OurForm } from './views-parts.ts';

/** Posts `code`. */
export interface SecondFactorPage extends OurForm {
  /** Who has given the first proof: a name or an address. */
  person: string;
  /** What the person has, in the order in which it is offered. */
  factors: readonly ('totp' | 'recovery_code')[];
  /** The sign-in page of the same sign-in. */
  otherHref: string;
  fault?: Fault;
}
