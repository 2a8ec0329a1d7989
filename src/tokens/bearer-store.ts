// The one read behind every bearer: token, grant, session, client and person in a single statement, for many tokens at once.
// It names tables that belong to other stores, and only reads them: what it says must be true of all of them at one moment.
import type { Database } from '../base/database.ts';
import { SNAPSHOT } from '../base/snapshot.ts';
import { HAS_NO_LOST_SCOPE } from '../oidc/adapter-sql.ts';

/** A living token with all that it stands on. Plain JSON: it is kept in Redis as it is. Times are milliseconds. */
export interface BearerRow extends Record<string, unknown> {
  /** SHA-256 of the token, in hexadecimal. */
  id: string;
  client_id: string;
  is_first_party: boolean;
  scope: string | null;
  audience: string | null;
  /** The client that the audience belongs to. */
  audience_owner_id: string | null;
  is_sender_constrained: boolean;
  issued_at_seconds: number;
  expires_at_seconds: number;
  grant_id: string | null;
  session_uid: string | null;
  /** When the first of token, grant and session expires. */
  stands_until: number;
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
  account_created_at: number;
  account_updated_at: number;
  snapshot: string;
}

const milliseconds = (column: string, name: string) =>
  `floor(extract(epoch from ${column}) * 1000)::float8 as ${name}`;

const TOKEN_END = `to_timestamp((t.payload->>'exp')::float8)`;

// A token is alive while everything it stands on is: its grant, its session (when bound to one), its client, its person,
// and the resource that it is for, if any ($3: our own API is always there).
const FIND_BEARERS = `
  select encode(t.id_digest, 'hex') as id, t.client_id, c.is_first_party, t.payload->>'scope' as scope,
         t.payload->>'aud' as audience, resources.client_id as audience_owner_id, (t.payload ?| '{jkt,x5t#S256}') as is_sender_constrained,
         (t.payload->>'iat')::float8 as issued_at_seconds, (t.payload->>'exp')::float8 as expires_at_seconds,
         encode(t.grant_digest, 'hex') as grant_id, t.session_uid,
         ${milliseconds(`least(${TOKEN_END}, g.expires_at, s.expires_at)`, 'stands_until')},
         t.account_id, a.username, a.name, a.email, a.email_verified, a.picture, a.locale, a.tier,
         ${milliseconds('a.created_at', 'account_created_at')}, ${milliseconds('a.updated_at', 'account_updated_at')},
         coalesce(r.roles, '{}') as roles, coalesce(r.permissions, '{}') as permissions, ${SNAPSHOT}
    from tokens t
    join clients c on c.id = t.client_id and ${HAS_NO_LOST_SCOPE}
    left join resources on resources.identifier = t.payload->>'aud'
         and to_timestamp((t.payload->>'iat')::float8) >= resources.accepted_since_at
    left join grants g on g.id_digest = t.grant_digest
    left join accounts a on a.id = t.account_id and a.blocked_at is null
    left join lateral (
      select max(expires_at) as expires_at from sessions
       where uid = t.session_uid and account_id = t.account_id
         and payload->'authorizations'->t.client_id->>'grantId' = t.payload->>'grantId') s on t.session_uid is not null
    left join lateral (
      select array_agg(distinct ar.role_id order by ar.role_id) as roles,
             array_agg(distinct permission order by permission) filter (where permission is not null) as permissions
        from account_roles ar join roles on roles.id = ar.role_id left join unnest(roles.permissions) permission on true
       where ar.account_id = a.id) r on a.id is not null
   where t.id_digest = any($1) and t.kind in ('AccessToken', 'ClientCredentials') and t.expires_at > $2
     and (t.account_id is null or a.id is not null)
     and (t.grant_digest is null or g.expires_at > $2)
     and (t.session_uid is null or s.expires_at > $2)
     and (not t.payload ? 'aud' or t.payload->>'aud' = $3 or resources.identifier is not null)`;

export class BearerStore {
  readonly #database: Database;
  readonly #apiResource: string;

  /** `apiResource`: our own API, as a token names it. */
  constructor(database: Database, apiResource: string) {
    this.#database = database;
    this.#apiResource = apiResource;
  }

  /** Of these tokens (`BearerRow.id`), the living ones. Throws 503 when we cannot know. */
  findAll(ids: readonly string[]): Promise<BearerRow[]> {
    const digests = ids.map((id) => Buffer.from(id, 'hex'));
    return this.#database.query<BearerRow>(FIND_BEARERS, [digests, new Date(Date.now()), this.#apiResource]);
  }
}
