// A token that was found alive, in the form in which it is remembered: what is needed for every answer at hand, everything
// else written down and read only when somebody asks for it.
import { isAdministrative } from '../accounts/permissions.ts';
import type { Standing } from '../base/news.ts';
import { parseSnapshot } from '../base/snapshot.ts';
import { ADMIN_SCOPE } from '../oidc/scopes.ts';
import type { BearerRow } from './bearer-store.ts';
import { isRefusal, NOTHING_PARTICULAR, verify, type Principal } from './principal.ts';

/** How long it holds, and what it stands on. */
interface Basis {
  standsUntil: number;
  snapshot: string;
  subjects: string;
}

/** What a principal is not made of is not written twice. */
const SAID_ELSEWHERE = {
  id: undefined,
  grant_id: undefined,
  session_uid: undefined,
  stands_until: undefined,
  snapshot: undefined,
} satisfies Partial<Record<keyof BearerRow, undefined>>;

export class LivingToken implements Standing {
  /** `BearerRow.id`. */
  readonly id: string;
  /** When the first of token, grant and session expires: milliseconds of the clock. */
  readonly standsUntil: number;
  readonly snapshot: Standing['snapshot'];
  /** What GET /api/verify says when nothing particular is asked; empty when that is a refusal. */
  readonly told: string;
  readonly #subjects: string;
  readonly #row: string;
  #principal: Principal | undefined;

  private constructor(id: string, basis: Basis, told: string, row: string) {
    this.id = id;
    this.standsUntil = basis.standsUntil;
    this.snapshot = parseSnapshot(basis.snapshot);
    this.#subjects = basis.subjects;
    this.told = told;
    this.#row = row;
  }

  static from(row: BearerRow): LivingToken {
    const principal = principalOf(row);
    const outcome = verify(principal, NOTHING_PARTICULAR);
    const told = isRefusal(outcome) ? '' : JSON.stringify(outcome);
    const { stands_until: standsUntil, snapshot } = row;
    const basis = { standsUntil, snapshot, subjects: subjectsOf(row).join('\t') };
    const token = new LivingToken(row.id, basis, told, JSON.stringify({ ...row, ...SAID_ELSEWHERE }));
    token.#principal = principal;
    return token;
  }

  /** Five lines; neither JSON nor a name has a line break in it. */
  write(): string {
    return [this.standsUntil, this.snapshot.text, this.#subjects, this.told, this.#row].join('\n');
  }

  static read(id: string, text: string): LivingToken {
    const [standsUntil, snapshot = '', subjects = '', told = '', row = ''] = text.split('\n');
    return new LivingToken(id, { standsUntil: Number(standsUntil), snapshot, subjects }, told, row);
  }

  get principal(): Principal {
    this.#principal ??= principalOf(JSON.parse(this.#row) as BearerRow);
    return this.#principal;
  }

  get subjects(): string[] {
    return this.#subjects.split('\t');
  }

  isOf(clientId: string): boolean {
    return this.subjects.includes(`client ${clientId}`);
  }

  /** Of what it keeps in memory. */
  get bytes(): number {
    return 1_000 + 2 * (this.told.length + this.#row.length);
  }
}

/** What the news may say about: each of these ends or changes the answer. */
function subjectsOf(row: BearerRow): string[] {
  const subjects = [`token ${row.id}`, `client ${row.client_id}`];
  if (row.grant_id !== null) subjects.push(`grant ${row.grant_id}`);
  if (row.session_uid !== null) subjects.push(`session ${row.session_uid}`);
  if (row.audience !== null) subjects.push(`resource ${row.audience}`);
  if (row.account_id !== null) subjects.push(`account ${row.account_id}`);
  return subjects;
}

/** A role may have gone since the token was made. */
function scopesIn({ scope, account_id: accountId, permissions }: BearerRow): Set<string> {
  const scopes = new Set(scope?.split(' '));
  if (accountId !== null && !isAdministrative({ permissions })) scopes.delete(ADMIN_SCOPE);
  return scopes;
}

function principalOf(row: BearerRow): Principal {
  return {
    clientId: row.client_id,
    isFirstParty: row.is_first_party,
    scopes: scopesIn(row),
    audience: row.audience ?? undefined,
    audienceOwnerId: row.audience_owner_id ?? undefined,
    isSenderConstrained: row.is_sender_constrained,
    issuedAtSeconds: row.issued_at_seconds,
    expiresAtSeconds: row.expires_at_seconds,
    account:
      row.account_id === null
        ? undefined
        : {
            id: row.account_id,
            username: row.username ?? undefined,
            name: row.name,
            email: row.email ?? undefined,
            emailVerified: row.email_verified,
            picture: row.picture ?? undefined,
            locale: row.locale ?? undefined,
            tier: row.tier,
            roles: row.roles,
            permissions: row.permissions,
            blockedAt: undefined,
            createdAt: new Date(row.account_created_at),
            updatedAt: new Date(row.account_updated_at),
          },
  };
}
