// Sign-in with a username or a verified address and a password. Whoever does not know the password learns nothing:
// unknown, unverified, without a password, blocked or just wrong is the same answer after the same time, and counts
// against the same limits.
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../base/errors.ts';
import type { PasswordHasher } from '../base/password.ts';
import type { AccountStore, Credentials } from './account-store.ts';
import { emailFault, normaliseEmail, usernameFault, type Account } from './account.ts';
import { nobodysLogin, type Attempts } from './attempts.ts';
import type { DeviceOwner, KnownDevices } from './known-devices.ts';
import { accountBlocked } from './sign-in.ts';

export interface PasswordSignInOptions {
  accounts: AccountStore;
  hasher: PasswordHasher;
  audit: Audit;
  attempts: Attempts;
  devices: KnownDevices;
}

interface Attempt {
  login: string;
  password: string;
  /** The IP address of the person, not of a proxy. */
  address: string;
  /** The cookie that the browser keeps for KnownDevices. */
  device?: string | undefined;
}

export class PasswordSignIn {
  readonly #accounts: AccountStore;
  readonly #hasher: PasswordHasher;
  readonly #audit: Audit;
  readonly #attempts: Attempts;
  readonly #devices: KnownDevices;

  constructor({ accounts, hasher, audit, attempts, devices }: PasswordSignInOptions) {
    this.#accounts = accounts;
    this.#hasher = hasher;
    this.#audit = audit;
    this.#attempts = attempts;
    this.#devices = devices;
  }

  /**
   * The account, or undefined when login and password do not belong together. Throws 403 `account_blocked` after the
   * right password only, 429 after too many wrong ones, 503 when too many wait. Not inside a transaction. When the password is
   * changed before this request has stored what it made of it, nothing of that is stored: 403 `sign_in_again`.
   */
  async signIn({ login, password, address, device }: Attempt): Promise<Account | undefined> {
    const credentials = await this.#find(login);
    const attempter = {
      // By account, so that its name and its address do not have a limit each. A login of nobody is folded no further than those
      // of accounts are, or a count that two spellings share would tell that nobody has the name.
      account: credentials?.account.id ?? nobodysLogin(normaliseEmail(login)),
      address,
      device: credentials && this.#devices.find(device, ownerOf(credentials)),
    };
    const { account, digest } = await this.#attempts.make(attempter, () =>
      this.#compare(credentials, password),
    );
    if (account?.blockedAt) {
      await this.#recordRefusal('account_blocked', account.id);
      throw accountBlocked();
    }
    // Whoever knows the old one could wait in the line until everything of the account has ended.
    if (credentials && digest)
      await this.#accounts.requireUnchanged({ ...ownerOf(credentials), passwordDigest: digest });
    return account;
  }

  /** Whether somebody who is signed in knows the password of the account. Counts, and throws, as `signIn`. */
  async confirm(account: Account, { password, address, device }: Omit<Attempt, 'login'>): Promise<boolean> {
    const owner = await this.#accounts.findDeviceOwner(account.id);
    const credentials = { account, passwordDigest: owner.passwordDigest };
    const attempter = {
      account: account.id,
      address,
      device: this.#devices.find(device, owner),
    };
    return (await this.#attempts.make(attempter, () => this.#compare(credentials, password))).isRight;
  }

  async #find(login: string): Promise<Credentials | undefined> {
    const name = login.trim();
    if (!emailFault(name)) return this.#accounts.findCredentialsByVerifiedEmail(name);
    return usernameFault(name) ? undefined : this.#accounts.findCredentialsByUsername(name);
  }

  async #compare(
    credentials: Pick<Credentials, 'account' | 'passwordDigest'> | undefined,
    password: string,
  ): Promise<{ isRight: boolean; account?: Account; digest?: string }> {
    const digest = credentials?.passwordDigest;
    const isRight = digest
      ? await this.#hasher.verify(digest, password)
      : await this.#hasher.verifyNothing(password);
    if (!isRight || !credentials || !digest) {
      await this.#recordRefusal('wrong_password', credentials?.account.id);
      return { isRight: false };
    }
    const { account } = credentials;
    return { isRight: true, account, digest: await this.#renew(account, digest, password) };
  }

  /** Digests follow the parameters. When there is no room for that now, the next sign-in does it. The one of now. */
  async #renew(account: Account, digest: string, password: string): Promise<string> {
    if (!this.#hasher.needsRehash(digest)) return digest;
    try {
      const next = await this.#hasher.hash(password);
      if (await this.#accounts.replacePasswordDigest(account.id, digest, next)) {
        await this.#audit.record('account.password_rehashed', { accountId: account.id }, {});
        return next;
      }
      // Another sign-in has done it, or the password is another one now.
      const other = await this.#accounts.findPasswordDigest(account.id);
      return other && (await this.#hasher.verify(other, password)) ? other : digest;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return digest;
    }
  }

  #recordRefusal(reason: string, accountId: string | undefined): Promise<void> {
    return this.#audit.record('sign_in.refused', { accountId }, { method: 'password', reason });
  }
}

function ownerOf({ account, ...credentials }: Credentials): DeviceOwner {
  return { accountId: account.id, ...credentials };
}
