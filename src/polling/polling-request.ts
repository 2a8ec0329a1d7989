// What a terminal may ask for: which clients may begin polling sessions, with which scope, and how whoever began one proves so later
// (RFC 7636).
import { createHash } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import { isSameText } from '../base/crypto.ts';
import { invalidRequest, refusedClient } from '../base/errors.ts';
import { DEVICE_CODE_GRANT, isPublic, type Client } from '../oidc/client.ts';
import type { Mint } from '../oidc/mint.ts';

export interface PollingRequest {
  clientId?: string | undefined;
  scope?: string | undefined;
  codeChallenge?: string | undefined;
  codeChallengeMethod?: string | undefined;
  deviceName?: string | undefined;
}

export interface ClientFinders {
  mint: Mint;
  /** The engine of now. */
  getProvider: () => Provider;
  findClient: (id: string) => Promise<Client | undefined>;
  findDefaultScope: (clientId: string, resources: readonly string[]) => Promise<string>;
}

/** RFC 7636 §4.2, S256: 43 letters; §4.1: what it is made of. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const DEFAULT_CLIENT = 'cli';

/** Throws 400 for what may not be. */
export async function allowedOf(
  { clientId = DEFAULT_CLIENT, scope, codeChallenge, codeChallengeMethod = 'S256' }: PollingRequest,
  { findClient, findDefaultScope, getProvider, mint }: ClientFinders,
): Promise<{ client: Client; scope: string }> {
  if (codeChallenge !== undefined && !(CHALLENGE.test(codeChallenge) && codeChallengeMethod === 'S256')) {
    throw invalidRequest(
      'code_challenge is BASE64URL(SHA256(code_verifier)), 43 characters, and its method S256 (RFC 7636 §4.2).',
      { field: 'code_challenge' },
    );
  }
  const client = await findClient(clientId);
  const engineClient = await getProvider().Client.find(clientId);
  if (!client || !engineClient) {
    throw refusedClient('invalid_client', `There is no client "${clientId.slice(0, 100)}".`);
  }
  if (!mayPoll(client)) {
    throw refusedClient(
      'unauthorized_client',
      'A polling session is for public native clients with the grant device_code. Ask the administrator.',
    );
  }
  const asked = scope?.trim() ? scope : await findDefaultScope(client.id, []);
  return { client, scope: mint.scopeFor(engineClient, asked) };
}

/** What runs on a person's machine and may sign them in from another: the same that may ask for a device code. */
export function mayPoll(client: Client): boolean {
  const { application_type: type, grant_types: grants, dpop_bound_access_tokens: isBound } = client.metadata;
  return isPublic(client) && type === 'native' && grants.includes(DEVICE_CODE_GRANT) && !isBound;
}

/** RFC 7636 §4.6; who sends a verifier to a session that somebody else began without a challenge hears so. */
export function isProved(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier;
  if (!VERIFIER.test(verifier)) return false;
  return isSameText(createHash('sha256').update(verifier).digest('base64url'), challenge);
}
