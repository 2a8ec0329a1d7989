// How an identity with the verified address of an account becomes one of its ways in: whoever brought it proves to be the
// account's holder too, in the same interaction, and only then it is linked. Until then it waits here, sealed, once.
// Which proofs there are (a password, another identity) is known to routes/interaction/link.ts; here it only counts whose.
import type { Audit } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { forbidden, gone, type AppError } from '../base/errors.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import type { Profile } from '../connectors/connector.ts';
import type { AccountStore } from './account-store.ts';
import type { IdentityStore } from './identity-store.ts';
import type { PendingLinkStore } from './pending-link-store.ts';
import { accountBlocked, verifiedEmailOf } from './sign-in.ts';
import { identityKey, type LinkedProfile, type SignInMethods } from './sign-in-methods.ts';

interface PendingLink {
  accountId: string;
  connectorId: string;
  profile: LinkedProfile;
  /** What both have in common: the address that the upstream confirmed. */
  email: string;
  /** Milliseconds since 1970. */
  beganAt: number;
}

/** What waits for a proof. */
export interface WaitingLink extends PendingLink {
  key: string;
}

export interface LinkingOptions {
  database: Database;
  accounts: AccountStore;
  identities: IdentityStore;
  methods: SignInMethods;
  audit: Audit;
  store: PendingLinkStore;
  sealer: Sealer;
}

export class Linking {
  readonly #its: LinkingOptions;
  readonly #sealer: Sealer;

  constructor(options: LinkingOptions) {
    this.#its = options;
    this.#sealer = options.sealer.for('pending-links');
  }

  get sealed(): SealedColumn {
    return {
      table: 'pending_links',
      column: 'payload_sealed',
      key: { column: 'interaction_digest', type: 'bytea' },
      sealer: this.#sealer,
      contextOf: ({ key }) => contextOf(key as Buffer),
    };
  }

  /**
   * Keeps the identity for the rest of the interaction, in the place of one that waited before. False when no account
   * has its verified address: there is nothing to prove.
   */
  async begin(
    interaction: { uid: string; expiresAt: Date },
    connectorId: string,
    profile: Profile,
  ): Promise<boolean> {
    const email = verifiedEmailOf(profile);
    const owner = email && (await this.#its.accounts.findCredentialsByVerifiedEmail(email));
    if (!owner) return false;
    const { subject, username } = profile;
    const link: PendingLink = {
      accountId: owner.account.id,
      connectorId,
      profile: { subject, email, username },
      email,
      beganAt: Date.now(),
    };
    await this.#its.store.put({
      interactionUid: interaction.uid,
      identityKey: identityKey(connectorId, subject),
      payloadSealed: this.#sealer.seal(JSON.stringify(link), contextOf(digest(interaction.uid))),
      expiresAt: interaction.expiresAt,
    });
    return true;
  }

  /** Throws 410 when nothing waits in this interaction (any more). */
  async get(interactionUid: string): Promise<WaitingLink> {
    const sealed = await this.#its.store.findPayload(interactionUid, new Date(Date.now()));
    if (sealed === undefined) throw linkOver();
    const link = this.#open(sealed, interactionUid);
    return { ...link, key: identityKey(link.connectorId, link.profile.subject) };
  }

  /** Whether this identity opens the account already. It is no sign-in: nobody is made, and no use is noted. */
  async isProof(
    { accountId }: WaitingLink,
    connectorId: string,
    { subject }: Pick<Profile, 'subject'>,
  ): Promise<boolean> {
    if ((await this.#its.identities.findAccountId(connectorId, subject)) === accountId) return true;
    const details = { method: connectorId, reason: 'proof_of_another' };
    await this.#its.audit.record('sign_in.refused', { accountId }, details);
    return false;
  }

  /**
   * Links what waits, once, for somebody who proved to be `provedAccountId`. Throws 410 when it does not wait any more, 403
   * when the proof is of another account, when the identity became somebody else's, or when the account is blocked; in each of
   * these cases but the first it waits on.
   */
  async finish(interactionUid: string, key: string, provedAccountId: string): Promise<void> {
    const { database, accounts, methods, store } = this.#its;
    await database.transaction(async () => {
      const sealed = await store.takePayload(interactionUid, key, new Date(Date.now()));
      if (sealed === undefined) throw linkOver();
      const { accountId, connectorId, profile, beganAt } = this.#open(sealed, interactionUid);
      if (accountId !== provedAccountId) throw proofOfAnother();
      const account = await accounts.findPasswordWay(accountId, { isLocked: true });
      if (!account) throw linkOver();
      if (account.isBlocked) throw accountBlocked();
      // As with an app (second-factors.ts): an alarm takes away what was added until then, and nothing comes after it.
      const { devicesFrom } = await accounts.findDeviceOwner(accountId);
      if (devicesFrom && devicesFrom.getTime() >= beganAt) throw linkOver();
      if ((await methods.link(accountId, connectorId, profile)) === 'taken') throw identityTaken();
    });
  }

  deleteExpired(): Promise<number> {
    return this.#its.store.deleteExpired(new Date(Date.now()));
  }

  #open(sealed: string, interactionUid: string): PendingLink {
    return JSON.parse(this.#sealer.open(sealed, contextOf(digest(interactionUid)))) as PendingLink;
  }
}

function contextOf(interactionDigest: Buffer): string {
  return `pending-link:${interactionDigest.toString('base64url')}`;
}

function linkOver(): AppError {
  return gone(
    'link_over',
    'This step is over: it was done already, it took too long, or another sign-in took its place. Sign in again.',
  );
}

/** Also for whoever asks before `finish`. */
export function proofOfAnother(): AppError {
  return forbidden(
    'proof_of_another',
    'This does not belong to the account with your e-mail address. Nothing was linked.',
  );
}

function identityTaken(): AppError {
  return forbidden(
    'identity_taken',
    'This way to sign in belongs to another account here. Sign in with it, or choose another one.',
  );
}
