// The closed list of what the audit knows: each event with the details that it carries. Nothing secret, ever:
// no token, no code, no password, no address of a person beyond what the account itself holds.

export interface AuditEvents {
  /** A person signed in at the front desk; the row is written with the browser session. */
  'sign_in.succeeded': { method: string };
  /** Somebody who was signed in already gave a second proof. */
  'sign_in.stepped_up': Record<string, never>;
  'sign_in.refused': { method: string; reason: string };
  /** Strangers are kept out after too many wrong tries, of one account or of the whole house: once for as long as they knock. */
  'sign_in.besieged': { of: 'account' | 'house' };
  'sign_out.succeeded': Record<string, never>;

  'account.created': { method: string };
  'account.updated': { fields: string[] };
  'account.blocked': Record<string, never>;
  'account.unblocked': Record<string, never>;
  'account.deleted': Record<string, never>;
  'account.signed_out': Record<string, never>;
  'account.password_rehashed': Record<string, never>;
  /** A person took a copy of everything that is kept about them. */
  'account.data_downloaded': Record<string, never>;
  /** A person ended so many sessions in their browsers. */
  'session.ended': { sessions: number };
  /** A person took back what they allowed a client; so many grants of it. */
  'client.disconnected': { grants: number };
  /** `method`: how the person showed that they may: `reset` by mail, or `password`, the old one. */
  'account.password_changed': { method: string };
  'account.password_reset_requested': Record<string, never>;
  'account.email_change_requested': Record<string, never>;
  'account.email_changed': Record<string, never>;
  /** A person said that what a mail told was not them; with the address of before, and so many new ways to sign in fewer. */
  'account.alarm_raised': { email_restored: boolean; ways_removed: number };
  /** An administrator sent somebody a link with which an account can be made. */
  'account.invited': { expires_at: string };
  'identity.linked': { connector: string };
  'identity.unlinked': { connector: string };
  /** An app that shows codes. */
  'second_factor.added': { method: string };
  'second_factor.removed': { method: string };
  'second_factor.recovery_code_used': Record<string, never>;
  'second_factor.recovery_codes_renewed': Record<string, never>;
  /** Without its name, which is the person's: the audit outlives them. */
  'passkey.added': Record<string, never>;
  'passkey.removed': Record<string, never>;
  /** An administrator took all of them away. */
  'second_factor.reset': Record<string, never>;
  'role.updated': { role: string; second_factor_required: boolean };

  'client.created': Record<string, never>;
  /** A program registered itself (RFC 7591). */
  'client.registered': { name: string };
  'client.updated': { fields: string[] };
  'client.secret_rotated': Record<string, never>;
  'client.deleted': Record<string, never>;

  'resource.created': { identifier: string };
  'resource.updated': { identifier: string; fields: string[] };
  'resource.deleted': { identifier: string };

  'consent.granted': { scope: string };
  'consent.denied': { scope: string };

  'device_code.issued': { scope: string };
  'device_code.approved': { scope: string };
  'device_code.denied': Record<string, never>;

  'polling_session.created': { scope: string };
  'polling_session.allowed': { scope: string };
  'polling_session.denied': { scope: string };
  /** Somebody typed other letters than the terminal shows, as often as one may. */
  'polling_session.guessed': { scope: string };
  /** The terminal has read who allowed it. */
  'polling_session.completed': { scope: string };

  'token.issued': { grant_type: string; scope: string };
  /** A refresh was answered once more; `token`: the first letters of the used token's digest. */
  'token.repeated': { grant_type: string; token: string; seconds_after_first_use: number };
  'token.refused': { grant_type: string; error: string; reason: string };
  'service_token.created': { fingerprint: string; name: string; scope: string; expires_at: string };
  /** Without its name, which is the person's: the audit outlives them. */
  'personal_token.created': { fingerprint: string; scope: string; expires_at: string };
  'personal_token.revoked': { fingerprint: string };
  /** The fingerprint where a person chose the token from a list. */
  'token.revoked': { fingerprint?: string };
  /** A used refresh token came back too late: `token` as above. */
  'grant.revoked': { reason: string; token: string; seconds_after_first_use: number };

  'registration_token.created': { expires_at: string };

  'key.created': { kid: string; algorithm: string };
  /** `forced`: before others could know the new one. */
  'key.rotated': { kid: string; previous_kid: string; algorithm: string; forced: boolean };
  /** A previous key is gone: nothing that it signed is good any more. */
  'key.retired': { kid: string; algorithm: string };
  /** A service did not take what it was to be told, for days. */
  'message.given_up': {
    message: string;
    kind: string;
    destination: string;
    attempts: number;
    reason: string;
  };
  'setup.completed': Record<string, never>;
  /** So many rows about strangers, in a minute some time before, were too many to write down. */
  'audit.withheld': { rows: number };
}

export type AuditEvent = keyof AuditEvents;
