// How a row of the audit is told to the person whom it concerns: in a sentence of their language, with the names that things have.
import type { AuditRow } from '../audit/audit-store.ts';
import { HISTORY, isTold, namedIn } from '../audit/history.ts';
import type { Phrases } from '../phrases.ts';
import type { Happening } from '../views-account.ts';
import { deviceName } from './agent.ts';

export interface Names {
  /** Undefined for a client that is gone: its id has to do. */
  client: (id: string) => string | undefined;
  /** The label of an upstream. */
  connector: (id: string) => string | undefined;
}

/** As the audit calls a sign-in with a password, by the way it came. */
const PASSWORD_METHODS = new Set(['pwd', 'password']);
/** As RFC 8176 calls the kinds of their keys. */
const PASSKEY_METHODS = new Set(['hwk', 'swk']);

/** Undefined for an event that is told to nobody. */
export function tell(row: AuditRow, t: Phrases, names: Names): Happening | undefined {
  const { event, occurredAt } = row;
  if (!isTold(event)) return undefined;
  const { history } = t.account;
  const named = namedIn({ ...row, event });
  const inWords = (text: string): string => {
    switch (HISTORY[event]) {
      case 'client':
        return names.client(text) ?? (text || history.aProgram);
      case 'way':
        if (PASSWORD_METHODS.has(text)) return history.password;
        if (PASSKEY_METHODS.has(text)) return history.passkey;
        return names.connector(text) ?? (text || history.somewhereElse);
      case 'fields':
        return fieldName(text, t);
      default:
        return text;
    }
  };
  const argument = typeof named === 'string' ? inWords(named) : named.map(inWords).join(', ');
  return {
    sentence: history.events[event](argument),
    at: occurredAt,
    ...whereOf(row, t),
  };
}

/** Where an administrator sits is theirs to know. */
function whereOf({ accountId, actorId, address, agent }: AuditRow, t: Phrases): Partial<Happening> {
  if (actorId && actorId !== accountId) return { device: t.account.history.anAdministrator };
  return { ...(address && { address }), ...(agent && { device: deviceName(agent, t) }) };
}

function fieldName(field: string, { account: { history } }: Phrases): string {
  const fields: Record<string, string> = history.fields;
  return (Object.hasOwn(fields, field) && fields[field]) || field;
}
