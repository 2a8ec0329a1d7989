// What the pages of a second step share: who is at it, whose forms they are, and what both proofs are together.
import type { Client, Interaction } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import type { Factor } from '../accounts/second-factors.ts';
import { ACR_OF_FACTOR, type Proof, type WaitingProof } from './sign-in-end.ts';

export interface FactorStep {
  interaction: Interaction;
  client: Client;
  waiting: WaitingProof;
  account: Account;
  /** Of the person's, those that are enough; none: one has to be set up. */
  factors: readonly Factor[];
}

/** Both proofs. A code on paper is a one-time password too: RFC 8176 has no word of its own for it. */
export function provedBy({ waiting }: FactorStep, factor: Factor, amr: readonly string[] = ['otp']): Proof {
  return { ...waiting, amr: [...waiting.amr, ...amr, 'mfa'], acr: ACR_OF_FACTOR[factor] };
}

/** Whose form it is: of this first proof, and no other that took its place. */
export function subjectOf({ interaction, waiting }: FactorStep): string {
  return `second-factor:${interaction.uid}:${waiting.accountId}:${waiting.provedAt}`;
}

/** The sign-in page of the same sign-in, also for whoever is signed in. */
export function otherHrefOf({ uid }: Interaction): string {
  return `/interaction/${uid}?other=yes`;
}
