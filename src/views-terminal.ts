// The part of views.ts that is about sign-ins that a terminal waits for: the templates are `views/terminal*`.
import type { ConsentScope, Fault, OurForm } from './views-parts.ts';

/** Posts `letters` and `decision` = `allow` | `deny`. */
export interface TerminalPage extends OurForm {
  programName: string;
  /** Run by somebody else than the services of this house. */
  isThirdParty: boolean;
  person: { name: string; email?: string };
  /** The sign-in page, for somebody else. */
  switchHref: string;
  scopes: readonly ConsentScope[];
  /** Pages of the client's own. */
  policyHref?: string;
  termsHref?: string;
  requestedFrom: {
    startedSecondsAgo: number;
    ip?: string;
    /** What the program says of the machine: anybody's word. */
    deviceName?: string;
  };
  /** What was typed before; empty on the first showing. */
  letters: string;
  fault?: Fault;
}

export interface TerminalDonePage {
  /** `guessed`: the letters were wrong too often. */
  outcome: 'allowed' | 'denied' | 'guessed';
  programName: string;
}
