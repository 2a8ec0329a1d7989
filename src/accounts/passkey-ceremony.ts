// The two ceremonies of WebAuthn (Level 3, §7): what a browser is asked to do with a passkey, and whether what it answers is
// good. A passkey belongs to the host of ISSUER, and always makes sure of its owner (a finger, a face, a PIN), so that it is two
// factors by itself. A question is answered once, by its `holder`: one session, or one sign-in. Whose a passkey is, and what is kept of it, is the business of passkeys.ts and passkey-sign-in.ts.
import { isIP } from 'node:net';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { Account } from './account.ts';
import type { PasskeyChallengeStore } from './passkey-challenge-store.ts';
import type { NewPasskey, Passkey, PasskeyUse } from './passkey-store.ts';

/** For so long a question may be answered. */
export const CHALLENGE_SECONDS = 10 * 60;
/** WebAuthn §4: an id has at most so many bytes; in base64url. */
const ID_MAX_LENGTH = 1364;
const TRANSPORTS = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal', 'cable'] as const;

export type RegistrationOptions = PublicKeyCredentialCreationOptionsJSON;
export type ProofOptions = PublicKeyCredentialRequestOptionsJSON;
export type Assertion = AuthenticationResponseJSON;
export type MadePasskey = Omit<NewPasskey, 'accountId' | 'name'>;

/** Why an answer is not good. `over`: the question was answered, took too long, or was another browser's. */
export type CeremonyFault = 'over' | 'wrong';

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const credential = {
  id: base64url.max(ID_MAX_LENGTH),
  rawId: base64url,
  type: z.literal('public-key'),
  // Nothing is asked of them.
  clientExtensionResults: z.unknown().transform(() => ({})),
};
const assertionShape = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.nullish().transform((handle) => handle ?? undefined),
  }),
});
const registrationShape = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string()).catch([]),
  }),
});
const clientDataShape = z.object({ crossOrigin: z.boolean().optional() });

// A quarter of what the process weighs otherwise: loaded by whoever meets the first passkey.
const loadLibrary = () => import('@simplewebauthn/server');
const loadDecoders = () => import('@simplewebauthn/server/helpers');

export class PasskeyCeremony {
  readonly #host: string;
  readonly #origin: string;
  readonly #challenges: PasskeyChallengeStore;

  constructor(issuer: string, challenges: PasskeyChallengeStore) {
    const { hostname, origin } = new URL(issuer);
    this.#host = hostname;
    this.#origin = origin;
    this.#challenges = challenges;
  }

  /** Browsers make passkeys for names, and only where nobody can listen. */
  get isPossible(): boolean {
    const isSecure = this.#origin.startsWith('https:') || /(^|\.)localhost$/.test(this.#host);
    return isSecure && isIP(this.#host.replace(/^\[|\]$/g, '')) === 0;
  }

  /** `known`: what the account has already, so that no device is asked to make a second one. */
  async askToRegister(
    holder: string,
    account: Account,
    known: readonly Passkey[],
  ): Promise<RegistrationOptions> {
    const { generateRegistrationOptions } = await loadLibrary();
    const options = await generateRegistrationOptions({
      rpName: this.#host,
      rpID: this.#host,
      userID: handleBytesOf(account.id),
      userName: account.username ?? account.email ?? account.name,
      userDisplayName: account.name,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: known.map(descriptorOf),
      timeout: CHALLENGE_SECONDS * 1000,
    });
    await this.#keep(holder, options.challenge);
    return options;
  }

  /** WebAuthn §7.1. The question is used up by an answer that is meant for it, good or not. */
  async readRegistration(holder: string, text: string): Promise<MadePasskey | CeremonyFault> {
    const answer = registrationShape.safeParse(parsed(text)).data;
    if (!answer || !(await isPlainAttestation(answer.response.attestationObject))) return 'wrong';
    const { verifyRegistrationResponse } = await loadLibrary();
    return this.#judge(holder, answer.response.clientDataJSON, async (expected) => {
      const { registrationInfo: made } = await verifyRegistrationResponse({
        ...expected,
        response: answer,
      });
      // An answer that names its passkey otherwise than the authenticator does would be kept under a name of its own choice.
      if (!made || made.credential.id !== answer.id || answer.id.length > ID_MAX_LENGTH) return undefined;
      return {
        id: made.credential.id,
        publicKey: made.credential.publicKey,
        signCount: made.credential.counter,
        transports: TRANSPORTS.filter((transport) => answer.response.transports.includes(transport)),
        aaguid: made.aaguid,
        isSyncable: made.credentialDeviceType === 'multiDevice',
        isSynced: made.credentialBackedUp,
      };
    });
  }

  /** `passkeys`: one of these has to answer; without them the device offers what it has, and names the account itself. */
  async askToProve(holder: string, passkeys?: readonly Passkey[]): Promise<ProofOptions> {
    const { generateAuthenticationOptions } = await loadLibrary();
    const options = await generateAuthenticationOptions({
      rpID: this.#host,
      userVerification: 'required',
      timeout: CHALLENGE_SECONDS * 1000,
      ...(passkeys && { allowCredentials: passkeys.map(descriptorOf) }),
    });
    await this.#keep(holder, options.challenge);
    return options;
  }

  /** WebAuthn §7.2 but for the count of uses: whether that grew is for whoever keeps it (PasskeyStore.use). */
  async readProof(
    holder: string,
    answer: Assertion,
    passkey: { publicKey: Uint8Array; isSyncable: boolean },
  ): Promise<PasskeyUse | CeremonyFault> {
    const { verifyAuthenticationResponse } = await loadLibrary();
    return this.#judge(holder, answer.response.clientDataJSON, async (expected) => {
      const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
        ...expected,
        response: answer,
        credential: { id: answer.id, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
      });
      // §7.2 step 18: a passkey that may be copied was so from the beginning.
      const isSyncable = info.credentialDeviceType === 'multiDevice';
      if (!verified || isSyncable !== passkey.isSyncable) return undefined;
      return { id: answer.id, signCount: info.newCounter, isSynced: info.credentialBackedUp };
    });
  }

  #keep(holder: string, challenge: string): Promise<void> {
    const expiresAt = new Date(Date.now() + CHALLENGE_SECONDS * 1000);
    return this.#challenges.put({ holder, challenge, expiresAt });
  }

  /** What `verify` makes of an answer to the holder's question. The library throws for every fault of an answer, and so for ours. */
  async #judge<T>(
    holder: string,
    clientData: string,
    verify: (expected: {
      expectedChallenge: (challenge: string) => Promise<boolean>;
      expectedOrigin: string;
      expectedRPID: string;
    }) => Promise<T | undefined>,
  ): Promise<T | CeremonyFault> {
    // No page of ours may stand in a frame.
    if (clientDataShape.safeParse(parsed(textOf(clientData))).data?.crossOrigin) return 'wrong';
    let isOver = false;
    try {
      const outcome = await verify({
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        expectedChallenge: async (challenge) => {
          isOver = !(await this.#challenges.take(holder, challenge, new Date(Date.now())));
          return !isOver;
        },
      });
      return outcome ?? 'wrong';
    } catch (error) {
      if (error instanceof AppError) throw error;
      return isOver ? 'over' : 'wrong';
    }
  }
}

/** What a browser sent, when it has the form of a proof. */
export function assertionIn(text: string): Assertion | undefined {
  return assertionShape.safeParse(parsed(text)).data;
}

/** What a device knows the account by: nothing about the person (WebAuthn §14.6.1). */
export function handleOf(accountId: string): string {
  return Buffer.from(handleBytesOf(accountId)).toString('base64url');
}

function handleBytesOf(accountId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(accountId.replaceAll('-', ''), 'hex'));
}

function descriptorOf({ id, transports }: Passkey) {
  return {
    id,
    transports: [...transports] as NonNullable<RegistrationResponseJSON['response']['transports']>,
  };
}

/**
 * None, as we ask for, or signed by the passkey itself. Certificates are refused unread: to check them, addresses would have
 * to be opened that stand in them.
 */
async function isPlainAttestation(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await loadDecoders();
  try {
    const attestation = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject));
    const format = attestation.get('fmt');
    return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
  } catch {
    return false;
  }
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'base64url').toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
