// Which events a person reads in the history of their own account, and what the sentence about each names. The list is closed: a
// new event does not compile until it stands here, and one that is told does not until every language has its sentence.
import type { AuditRow } from './audit-store.ts';
import type { AuditEvent } from './events.ts';

/**
 * What a sentence names beside the event itself; `hidden`: it is of no person (of a client, a key, the server), or only the upkeep
 * of something that the person did not change.
 */
type Naming =
  | 'nothing'
  | 'hidden'
  /** By its name. */
  | 'client'
  /** `details.method` or `details.connector`: a password, or an upstream by its label. */
  | 'way'
  /** `details.fields`. */
  | 'fields'
  /** `details.reason`, as it is. */
  | 'reason'
  /** `details.sessions`. */
  | 'sessions';

export const HISTORY = {
  'sign_in.succeeded': 'way',
  'sign_in.stepped_up': 'nothing',
  'sign_in.refused': 'reason',
  'sign_in.besieged': 'nothing',
  'sign_out.succeeded': 'nothing',

  'account.created': 'nothing',
  'account.updated': 'fields',
  'account.blocked': 'nothing',
  'account.unblocked': 'nothing',
  'account.deleted': 'hidden',
  'account.signed_out': 'nothing',
  'account.password_rehashed': 'hidden',
  'account.password_changed': 'nothing',
  'account.password_reset_requested': 'nothing',
  'account.email_change_requested': 'nothing',
  'account.email_changed': 'nothing',
  'account.alarm_raised': 'nothing',
  'account.invited': 'hidden',
  'account.data_downloaded': 'nothing',
  'session.ended': 'sessions',
  'client.disconnected': 'client',
  'identity.linked': 'way',
  'identity.unlinked': 'way',
  'second_factor.added': 'nothing',
  'second_factor.removed': 'nothing',
  'second_factor.recovery_code_used': 'nothing',
  'second_factor.recovery_codes_renewed': 'nothing',
  'passkey.added': 'nothing',
  'passkey.removed': 'nothing',
  'second_factor.reset': 'nothing',
  'role.updated': 'hidden',

  'client.created': 'hidden',
  'client.registered': 'hidden',
  'client.updated': 'hidden',
  'client.secret_rotated': 'hidden',
  'client.deleted': 'hidden',

  'resource.created': 'hidden',
  'resource.updated': 'hidden',
  'resource.deleted': 'hidden',

  'consent.granted': 'client',
  'consent.denied': 'client',

  'device_code.issued': 'hidden',
  'device_code.approved': 'client',
  'device_code.denied': 'client',

  'polling_session.created': 'hidden',
  'polling_session.allowed': 'client',
  'polling_session.denied': 'client',
  'polling_session.guessed': 'client',
  'polling_session.completed': 'client',

  'token.issued': 'client',
  'token.repeated': 'client',
  'token.refused': 'client',
  'token.revoked': 'client',
  'grant.revoked': 'client',
  'service_token.created': 'hidden',
  'personal_token.created': 'nothing',
  'personal_token.revoked': 'nothing',

  'registration_token.created': 'hidden',

  'key.created': 'hidden',
  'key.rotated': 'hidden',
  'key.retired': 'hidden',
  'setup.completed': 'nothing',
  'message.given_up': 'hidden',
  'audit.withheld': 'hidden',
} as const satisfies Record<AuditEvent, Naming>;

/** An event that has a sentence in every language. */
export type ToldEvent = {
  [E in AuditEvent]: (typeof HISTORY)[E] extends 'hidden' ? never : E;
}[AuditEvent];

export const TOLD_EVENTS = (Object.keys(HISTORY) as AuditEvent[]).filter(isTold);

export function isTold(event: string): event is ToldEvent {
  return Object.hasOwn(HISTORY, event) && HISTORY[event as AuditEvent] !== 'hidden';
}

/** What the sentence about a row names, in words of the audit: an id, a code, a number, or nothing. */
export function namedIn(row: AuditRow & { event: ToldEvent }): string | readonly string[] {
  const details = row.details as Record<string, unknown>;
  const naming: Exclude<Naming, 'hidden'> = HISTORY[row.event];
  switch (naming) {
    case 'client':
      return row.clientId ?? '';
    case 'way':
      return textOf(details['method'] ?? details['connector']);
    case 'fields':
      return Array.isArray(details['fields']) ? details['fields'].map(textOf) : [];
    case 'reason':
      return textOf(details['reason']);
    case 'sessions':
      return textOf(details['sessions']);
    default:
      return '';
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
