// Knows a browser again in which somebody has signed in before, by a cookie that only we can make (OWASP, "Device cookies"). It
// signs nobody in: it is worth a count of wrong tries of its own (attempts.ts). An entry is `id.expiry.mac`; the mac
// binds it to the account and to its password of that day, so that a change of the password makes every device strange. So does an
// alarm (account-alarm.ts), for those who have no password as well.
import { createHmac } from 'node:crypto';
import { isSameText, randomToken } from '../base/crypto.ts';

/** As far as a device needs to know an account. */
export interface DeviceOwner {
  accountId: string;
  /** Undefined for one that signs in by other ways only. */
  passwordDigest: string | undefined;
  /** What was remembered before is strange. */
  devicesFrom?: Date | undefined;
}

export const DEVICE_LIFE_SECONDS = 180 * 24 * 3600;
/** Of one browser; whoever has not signed in there for longest is forgotten. */
const MOST_ACCOUNTS = 5;
const ID_BYTES = 16;
const ENTRY = /^([\w-]{22})\.([0-9a-z]{1,8})\.([\w-]{43})$/;

export class KnownDevices {
  readonly #keys: readonly Buffer[];

  /** `keys`: newest first. What an older one signed is still known. */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys;
  }

  /** What the device is called, when the cookie proves that this is one of the owner's. */
  find(cookie: string | undefined, owner: DeviceOwner): string | undefined {
    return entriesIn(cookie)
      .map((entry) => this.#idOf(entry, owner))
      .find((id) => id !== undefined);
  }

  /** The cookie after a sign-in: the owner's entry first, the same device under the same name, and the others kept. */
  remember(cookie: string | undefined, owner: DeviceOwner): string {
    const entries = entriesIn(cookie);
    const known = entries.find((entry) => this.#idOf(entry, owner) !== undefined);
    const id = known?.split('.')[0] ?? randomToken(ID_BYTES);
    const expiry = Math.floor(Date.now() / 1000 + DEVICE_LIFE_SECONDS).toString(36);
    const [key = Buffer.alloc(0)] = this.#keys;
    const entry = `${id}.${expiry}.${macOf(key, id, expiry, owner)}`;
    return [entry, ...entries.filter((other) => other !== known)].slice(0, MOST_ACCOUNTS).join('~');
  }

  #idOf(entry: string, owner: DeviceOwner): string | undefined {
    const [, id = '', expiry = '', mac = ''] = ENTRY.exec(entry) ?? [];
    const endsAt = Number.parseInt(expiry, 36) * 1000;
    if (endsAt < Date.now()) return undefined;
    const rememberedAt = endsAt - DEVICE_LIFE_SECONDS * 1000;
    if (owner.devicesFrom && rememberedAt < owner.devicesFrom.getTime()) return undefined;
    return this.#keys.some((key) => isSameText(mac, macOf(key, id, expiry, owner))) ? id : undefined;
  }
}

/** What cannot be one of ours is left out, and so is what no browser got from us. */
function entriesIn(cookie: string | undefined): string[] {
  return (cookie ?? '').split('~', MOST_ACCOUNTS).filter((entry) => ENTRY.test(entry));
}

function macOf(key: Buffer, id: string, expiry: string, { accountId, passwordDigest }: DeviceOwner): string {
  return createHmac('sha256', key)
    .update([id, expiry, accountId, passwordDigest ?? ''].join('\n'))
    .digest('base64url');
}
