// How surely somebody is who they say, in the words of the protocol: which `acr` there are, which one satisfies which, and what a
// request asks for. RFC 9470 §5: what is asked for is given or refused, and never said without having been achieved.
/** Two different proofs, by the name that the OpenID Provider Authentication Policy Extension gave it, and others use too. */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
/** OpenID Connect Extended Authentication Profile §2: a key that no other site can ask for, such as a passkey. */
export const PHISHING_RESISTANT = 'phr';

export const ACR_VALUES: readonly string[] = [MULTI_FACTOR, PHISHING_RESISTANT];

/** What each is good for: a passkey that knows its holder is two proofs as well. */
const GOOD_FOR: Readonly<Record<string, readonly string[]>> = {
  [MULTI_FACTOR]: [MULTI_FACTOR],
  [PHISHING_RESISTANT]: [PHISHING_RESISTANT, MULTI_FACTOR],
};

/** In the order of preference; empty for a request that asks for nothing in particular. */
export function acrsAskedBy(params: Readonly<Record<string, unknown>>): string[] {
  const { acr_values: asked } = params;
  return typeof asked === 'string' ? asked.split(' ').filter((acr) => acr !== '') : [];
}

/** Whether somebody who has achieved `acr` (undefined: a single proof) gives a request what it asks for. */
export function isEnough(acr: string | undefined, asked: readonly string[]): boolean {
  return asked.length === 0 || namedFor(acr, asked) !== undefined;
}

/** What a token says to whoever asked: the first of theirs that was achieved. Undefined when none was. */
export function namedFor(acr: string | undefined, asked: readonly string[]): string | undefined {
  const achieved = GOOD_FOR[acr ?? ''] ?? [];
  return asked.find((one) => achieved.includes(one));
}
