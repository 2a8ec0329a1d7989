// An authenticator without a device: makes passkeys and uses them as WebAuthn §6.3 says, with keys of node:crypto, and tells the lies
// that it is asked for. Nothing in it is shared with what the server reads its answers with.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Lies {
  origin?: string;
  /** Whose passkey it says it is. */
  rpId?: string;
  type?: string;
  challenge?: string;
  crossOrigin?: boolean;
  /** The owner was not made sure of. */
  isUnverified?: boolean;
  isAbsent?: boolean;
  signCount?: number;
  userHandle?: string | null;
  isSyncable?: boolean;
  /** Signs with another key than the one that is known. */
  isForged?: boolean;
  /** The attestation of a make of authenticators, with a certificate. */
  attestation?: { fmt: string; attStmt: Map<string, CborValue> };
  /** Names the passkey otherwise than the authenticator does. */
  id?: string;
}

interface CreationOptions {
  challenge: string;
  rp: { id?: string };
  user: { id: string };
}

interface RequestOptions {
  challenge: string;
  rpId?: string;
  allowCredentials?: { id: string }[];
}

const FLAGS = { present: 0x01, verified: 0x04, syncable: 0x08, synced: 0x10, attested: 0x40 };

export class SoftAuthenticator {
  readonly #origin: string;
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject };
  readonly #isSyncable: boolean;
  readonly #counts: boolean;
  readonly id: string;
  rpId = '';
  userHandle = '';
  signCount = 0;

  /** `counts`: its uses, as security keys do; what is copied between devices does not. */
  constructor(origin: string, { counts = false }: { counts?: boolean } = {}) {
    this.#origin = origin;
    this.#counts = counts;
    this.#isSyncable = !counts;
    this.#keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.id = randomBytes(32).toString('base64url');
  }

  /** What a browser would send after `navigator.credentials.create`, as text. */
  create(options: CreationOptions, lies: Lies = {}): string {
    this.rpId = options.rp.id ?? new URL(this.#origin).hostname;
    this.userHandle = options.user.id;
    const { fmt, attStmt } = lies.attestation ?? { fmt: 'none', attStmt: new Map() };
    const authData = this.#authData(lies, this.#credentialData());
    const attestation = new Map<string, CborValue>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', authData],
    ]);
    return this.#answer(lies, {
      clientDataJSON: this.#clientData('webauthn.create', options.challenge, lies),
      attestationObject: cbor(attestation).toString('base64url'),
      transports: ['internal', 'hybrid', 'an invention of tomorrow'],
    });
  }

  /** The same after `navigator.credentials.get`. */
  get(options: RequestOptions, lies: Lies = {}): string {
    if (this.#counts) this.signCount++;
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge, lies);
    const authenticatorData = this.#authData(lies);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const privateKey = lies.isForged
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      : this.#keys.privateKey;
    return this.#answer(lies, {
      clientDataJSON,
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, privateKey).toString('base64url'),
      userHandle: lies.userHandle === undefined ? this.userHandle : lies.userHandle,
    });
  }

  #answer({ id = this.id }: Lies, response: object): string {
    return JSON.stringify({
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response,
    });
  }

  #clientData(type: string, challenge: string, lies: Lies): string {
    const data = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.#origin,
      crossOrigin: lies.crossOrigin ?? false,
    };
    return Buffer.from(JSON.stringify(data)).toString('base64url');
  }

  #authData(lies: Lies, credentialData: Buffer = Buffer.alloc(0)): Buffer {
    const isSyncable = lies.isSyncable ?? this.#isSyncable;
    const flags =
      (lies.isAbsent ? 0 : FLAGS.present) |
      (lies.isUnverified ? 0 : FLAGS.verified) |
      (isSyncable ? FLAGS.syncable | FLAGS.synced : 0) |
      (credentialData.length > 0 ? FLAGS.attested : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(lies.signCount ?? this.signCount);
    return Buffer.concat([sha256(lies.rpId ?? this.rpId), Buffer.from([flags]), count, credentialData]);
  }

  #credentialData(): Buffer {
    const id = Buffer.from(this.id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    // RFC 9053 §7.1.1: kty EC2, alg ES256, crv P-256.
    const key = new Map<number, CborValue>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]);
    return Buffer.concat([Buffer.alloc(16), length, id, cbor(key)]);
  }
}

type CborValue = string | number | Buffer | readonly CborValue[] | Map<string | number, CborValue>;

/** RFC 8949, as far as authenticators write it. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map)
    return Buffer.concat([
      head(5, value.size),
      ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)]),
    ]);
  return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 0xff]);
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
