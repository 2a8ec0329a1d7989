// The one read behind every bearer: token, grant, session, client and person in a single statement. It names
// tables that belong to other stores, and only reads them: what it says must be true of all of them at one moment.
import type { Account } from '../accounts/account.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { Principal } from './principal.ts';

interface BearerRow extends Record<string, unknown> {
  client_id: string;
  is_first_party: boolean;
  scope: string | null;
  audience: string | null;
  is_sender_constrained: boolean;
  issued_at: number;
  expires_at: Date;
  account_id: string | null;
  username: string | null;
  name: string;
  email: string | null;
  email_verified: boolean;
  picture: string | null;
  locale: string | null;
  tier: string;
  roles: string[];
  permissions: string[];
  account_created_at: Date;
  account_updated_at: Date;
}

// A token is alive while everything it stands on is: its grant, its session (when bound to one), its client, its person.
const FIND_BEARER = `
  select t.client_id, c.is_first_party, t.payload->>'scope' as scope, t.payload->>'aud' as audience,
         (t.payload ? 'jkt' or t.payload ? 'x5t#S256') as is_sender_constrained,
         (t.payload->>'iat')::bigint::float8 as issued_at, t.expires_at,
         t.account_id, a.username, a.name, a.email, a.email_verified, a.picture, a.locale, a.tier,
         a.created_at as account_created_at, a.updated_at as account_updated_at,
         array(select r.role_id from account_roles r where r.account_id = a.id order by 1) as roles,
         array(select distinct unnest(r.permissions) from account_roles ar join roles r on r.id = ar.role_id
                where ar.account_id = a.id order by 1) as permissions
    from tokens t
    join clients c on c.id = t.client_id
    left join accounts a on a.id = t.account_id and a.blocked_at is null
   where t.id_digest = $1 and t.kind in ('AccessToken', 'ClientCredentials') and t.expires_at > $2
     and (t.account_id is null or a.id is not null)
     and (t.grant_digest is null
          or exists (select 1 from grants g where g.id_digest = t.grant_digest and g.expires_at > $2))
     and (t.session_uid is null
          or exists (select 1 from sessions s
                      where s.uid = t.session_uid and s.account_id = t.account_id and s.expires_at > $2
                        and s.payload->'authorizations'->t.client_id->>'grantId' = t.payload->>'grantId'))`;

export class BearerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(token: string): Promise<Principal | undefined> {
    const row = await this.#database.find<BearerRow>(FIND_BEARER, [digest(token), new Date(Date.now())]);
    return row && fromRow(row);
  }
}

function fromRow(row: BearerRow): Principal {
  return {
    clientId: row.client_id,
    isFirstParty: row.is_first_party,
    scopes: new Set(row.scope?.split(' ')),
    audience: row.audience ?? undefined,
    isSenderConstrained: row.is_sender_constrained,
    issuedAtSeconds: row.issued_at,
    expiresAtSeconds: Math.floor(row.expires_at.getTime() / 1000),
    account: row.account_id === null ? undefined : accountFromRow(row, row.account_id),
  };
}

function accountFromRow(row: BearerRow, id: string): Account {
  return {
    id,
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
    createdAt: row.account_created_at,
    updatedAt: row.account_updated_at,
  };
}
