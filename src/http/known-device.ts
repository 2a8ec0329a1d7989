// The cookie by which a browser is known again to its people (accounts/known-devices.ts): reads it, and sets it anew after every
// sign-in. It says nothing to anybody but us.
import type { Context } from 'koa';
import type { AccountStore } from '../accounts/account-store.ts';
import { DEVICE_LIFE_SECONDS, type KnownDevices } from '../accounts/known-devices.ts';

export class DeviceCookie {
  readonly #devices: KnownDevices;
  readonly #accounts: AccountStore;
  readonly #name: string;
  readonly #isHttps: boolean;

  constructor(devices: KnownDevices, accounts: AccountStore, issuer: string) {
    this.#devices = devices;
    this.#accounts = accounts;
    this.#isHttps = issuer.startsWith('https:');
    this.#name = this.#isHttps ? '__Host-portaria_device' : 'portaria_device';
  }

  of(ctx: Context): string | undefined {
    return ctx.cookies.get(this.#name, { signed: false });
  }

  /** For whoever has just signed in, by whatever way, or has just changed the password. True when the browser was known. */
  async keep(ctx: Context, accountId: string): Promise<boolean> {
    const owner = await this.#accounts.findDeviceOwner(accountId);
    const cookie = this.of(ctx);
    ctx.cookies.set(this.#name, this.#devices.remember(cookie, owner), {
      // Its entries are.
      signed: false,
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#isHttps,
      path: '/',
      maxAge: DEVICE_LIFE_SECONDS * 1000,
    });
    return this.#devices.find(cookie, owner) !== undefined;
  }
}
