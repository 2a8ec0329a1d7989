// The statements of the adapter, one for each thing that it does to a row; each changes at most one row and tells by
// `returning 1` whether it did. INSERT makes a row; UPDATE never brings one back that has ended meanwhile.

import { BATCH_ROWS } from '../base/sweep.ts';

export type Table = 'sessions' | 'grants' | 'tokens' | 'transients';

/** The table of each of the engine's models. */
export const TABLES: Record<string, Table> = {
  Session: 'sessions',
  Grant: 'grants',
  AccessToken: 'tokens',
  ClientCredentials: 'tokens',
  RefreshToken: 'tokens',
  AuthorizationCode: 'tokens',
  DeviceCode: 'tokens',
  Interaction: 'transients',
  PushedAuthorizationRequest: 'transients',
};

/**
 * Of a token `t` and its client `c`: that the client may still have every scope in it. A token that was on its way while the
 * scope was taken away is dead by this.
 */
export const HAS_NO_LOST_SCOPE = `coalesce(
  string_to_array(t.payload->>'scope', ' ') <@ string_to_array(c.metadata->>'scope', ' '), true)`;

// With what the engine asks for next: the grant, and the session of a token that is bound to one. What was issued to a client
// that is gone is dead, whether its row is still there or not.
export const SELECT_TOKENS = `
  select encode(t.id_digest, 'hex') as id, t.payload::text, t.payload_sealed, t.consumed_at, t.stage,
         g.payload::text as grant_payload, s.payload::text as session_payload
    from tokens t
    join clients c on c.id = t.client_id and ${HAS_NO_LOST_SCOPE}
    left join grants g on g.id_digest = t.grant_digest
    left join lateral (select payload from sessions where uid = t.session_uid
                        order by expires_at desc limit 1) s on true
   where t.id_digest = any($1) and t.kind = $2`;

export const SELECT: Record<Exclude<Table, 'tokens'>, string> = {
  sessions: 'select payload from sessions where id_digest = $1',
  grants: 'select payload from grants where id_digest = $1',
  transients: `select payload_sealed, consumed_at from transients where id_digest = $1 and kind = $2`,
};

export const INSERT_SESSION = `insert into sessions (id_digest, uid, account_id, payload, expires_at,
    address, agent, last_seen_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id_digest) do nothing returning 1`;
// Two tabs save one session at once: what each of them was authorized for is kept (the engine would keep the last).
export const UPDATE_SESSION = `update sessions set uid = $2, account_id = $3, expires_at = $5,
  address = $6, agent = $7, last_seen_at = $8,
  payload = $4::jsonb || case
    when account_id is not distinct from $3 and sessions.payload ? 'authorizations' then
      jsonb_build_object('authorizations',
        (sessions.payload->'authorizations') || coalesce($4::jsonb->'authorizations', '{}'))
    else '{}' end
  where id_digest = $1 returning 1`;
export const UPSERT_GRANT = `insert into grants (id_digest, account_id, client_id, payload, expires_at)
  values ($1, $2, $3, $4, $5)
  on conflict (id_digest) do update set payload = excluded.payload, expires_at = excluded.expires_at returning 1`;
export const UPDATE_GRANT = `update grants set account_id = $2, client_id = $3, payload = $4, expires_at = $5
  where id_digest = $1 returning 1`;
export const UPSERT_TRANSIENT = `insert into transients (id_digest, kind, payload_sealed, expires_at, account_id)
  values ($1, $2, $3, $4, $5)
  on conflict (id_digest) do update set payload_sealed = excluded.payload_sealed, expires_at = excluded.expires_at,
    account_id = excluded.account_id
  returning 1`;
export const UPDATE_TRANSIENT = `update transients set kind = $2, payload_sealed = $3, expires_at = $4, account_id = $5
  where id_digest = $1 returning 1`;
export const INSERT_TOKEN = `insert into tokens (id_digest, kind, grant_digest, account_id, client_id, session_uid,
    user_code_digest, stage, payload, payload_sealed, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning 1`;
export const UPDATE_TOKEN = `update tokens set kind = $2, grant_digest = $3, account_id = $4, client_id = $5, session_uid = $6,
    user_code_digest = $7, stage = $8, payload = $9, payload_sealed = $10, expires_at = $11
  where id_digest = $1 and stage = $12 returning 1`;
/** As many as a request may wait for. The rest is dead without its grant, and goes by and by (engine-store.ts). */
export const DELETE_TOKENS_OF_GRANT = `delete from tokens where id_digest = any(array(
    select id_digest from tokens where grant_digest = $1 limit ${BATCH_ROWS}))
  returning 1`;
export const NOTE_LARGE_GRANT = `insert into remains (kind, subject)
  select 'grant', encode($1, 'hex')
   where exists (select 1 from tokens where grant_digest = $1 offset ${BATCH_ROWS})
  on conflict do nothing`;
