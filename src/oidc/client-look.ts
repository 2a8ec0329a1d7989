// What of a client's own look people get to see. A page that is not in our colours has to be one that asks about the client,
// and what stands there has to come from an administrator: else a picture is all that it takes to pass for somebody else.
import type { Client } from './client.ts';

export interface ClientLook {
  name: string;
  /** In other languages (BCP 47). */
  names?: Readonly<Record<string, string>> | undefined;
  logoDigest?: string | undefined;
  /** `#rrggbb`, in lower case. */
  color?: string | undefined;
  /** Pages of its own: what it does with data, and its terms. */
  policyHref?: string | undefined;
  termsHref?: string | undefined;
  /** A service of this house: the pages on which people sign in to it are in its colour. */
  isOurs: boolean;
}

/** Not one that registered itself: nobody has looked at it, and anybody can say anything about themselves. */
export function mayHaveLook({ isSelfRegistered, isFirstParty }: Client): boolean {
  return !isSelfRegistered || isFirstParty;
}

/** Undefined for what is part of Portaria itself. Decided at each reading: who is ours may change. */
export function lookOf(client: Client): ClientLook | undefined {
  if (client.isBuiltIn) return undefined;
  const { name, isFirstParty: isOurs, logoDigest, metadata } = client;
  const look = {
    name,
    names: metadata.names,
    isOurs,
    policyHref: metadata.policy_uri,
    termsHref: metadata.tos_uri,
  };
  return mayHaveLook(client) ? { ...look, logoDigest, color: metadata.brand_color } : look;
}

export function nameIn(language: string, { name, names }: Pick<ClientLook, 'name' | 'names'>): string {
  return names?.[language] ?? name;
}
