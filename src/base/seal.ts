// Owns encryption at rest: AES-256-GCM envelopes `v1.<key id>.<iv>.<ciphertext+tag>` whose keys are derived from
// SECRET_KEY, one per purpose. Opens what any of the listed keys sealed; seals with the first, so that SECRET_KEY
// can be rotated. The context (for example "client:web") is authenticated: an envelope moved to another row
// does not open.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/** The settings do not fit the data; the message is for whoever runs the server. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const TAG_BYTES = 16;
const IV_BYTES = 12;
const KEY_ID_LENGTH = 8;

export class Sealer {
  /** As key objects: made of bytes anew for every envelope they would cost ten times as much. */
  readonly #keys: Map<string, KeyObject>;
  readonly #newest: string;
  readonly #secrets: readonly string[];

  /** `secrets`: newest first, each 32 bytes of text or more. */
  constructor(secrets: readonly string[], purpose: string) {
    if (secrets.length === 0) throw new Error('a sealer needs at least one secret');
    this.#secrets = secrets;
    const keys = secrets.map((secret) =>
      Buffer.from(hkdfSync('sha256', secret, '', `portaria/${purpose}`, 32)),
    );
    this.#keys = new Map(keys.map((key) => [keyId(key), createSecretKey(key)]));
    this.#newest = this.#keys.keys().next().value ?? '';
  }

  /** A sealer with keys of its own for another purpose. */
  for(purpose: string): Sealer {
    return new Sealer(this.#secrets, purpose);
  }

  /** What everything begins with that is sealed from now on. */
  get prefix(): string {
    return `v1.${this.#newest}.`;
  }

  seal(clear: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const body = this.#encrypt(clear, context, iv);
    return `${this.prefix}${iv.toString('base64url')}.${body.toString('base64url')}`;
  }

  /** Throws when the envelope was changed, belongs to another context, or its key is no longer listed. */
  open(envelope: string, context: string): string {
    const [version, id = '', iv = '', body = ''] = envelope.split('.');
    if (version !== 'v1') throw new Error('not an envelope of this version');
    return this.#decrypt(id, Buffer.from(iv, 'base64url'), Buffer.from(body, 'base64url'), context);
  }

  /** The same in bytes, for what is opened more often than it is kept: key id, iv, ciphertext, tag. */
  sealBytes(clear: string, context: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    return Buffer.concat([Buffer.from(this.#newest), iv, this.#encrypt(clear, context, iv)]);
  }

  /** Throws as `open` does. */
  openBytes(envelope: Buffer, context: string): string {
    const id = envelope.toString('latin1', 0, KEY_ID_LENGTH);
    const bodyAt = KEY_ID_LENGTH + IV_BYTES;
    return this.#decrypt(id, envelope.subarray(KEY_ID_LENGTH, bodyAt), envelope.subarray(bodyAt), context);
  }

  #encrypt(clear: string, context: string, iv: Buffer): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key(this.#newest), iv);
    cipher.setAAD(Buffer.from(context));
    return Buffer.concat([cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  #decrypt(id: string, iv: Buffer, body: Buffer, context: string): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#key(id), iv);
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(body.subarray(-TAG_BYTES));
    // GCM gives all of it at once; `final` only says whether it is what was sealed.
    const clear = decipher.update(body.subarray(0, -TAG_BYTES));
    decipher.final();
    return clear.toString('utf8');
  }

  #key(id: string): KeyObject {
    const key = this.#keys.get(id);
    if (!key) {
      throw new SealError(
        `The database has something sealed with a key (${id}) that SECRET_KEY does not list. Add that key behind the newest.`,
      );
    }
    return key;
  }
}

/** Where something is sealed, and what an envelope there is bound to. Each store names its own. */
export interface SealedColumn {
  table: string;
  column: string;
  /** The primary key. */
  key: { column: string; type: 'text' | 'bytea' | 'uuid' | 'bigint' };
  /** What `contextOf` needs besides the key. */
  reads?: readonly string[];
  sealer: Sealer;
  /** `row.key`, and what `reads` names. */
  contextOf: (row: Record<string, unknown>) => string;
}

function keyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, KEY_ID_LENGTH);
}

/** 32 bytes for one purpose, the same in every process that has the same newest secret. */
export function deriveKey(secrets: readonly string[], purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secrets[0] ?? '', '', `portaria/${purpose}`, 32));
}

/** Keys for signing cookies, newest first. */
export function cookieKeys(secrets: readonly string[]): string[] {
  return secrets.map((secret) =>
    Buffer.from(hkdfSync('sha256', secret, '', 'portaria/cookies', 32)).toString('base64url'),
  );
}
