// Reads the plain case of a form to an OAuth endpoint: each parameter once, one pair of client credentials, nothing encoded.
// Short ways take that and only that; whatever is not plain is for the engine, which knows every case.
import type { Context } from 'koa';

export interface PlainForm {
  fields: ReadonlyMap<string, string>;
  clientId: string;
  clientSecret: string;
}

/** Undefined for everything that is not plain, or has a parameter that is not among `known`. */
export function plainFormOf(ctx: Context, known: ReadonlySet<string>): PlainForm | undefined {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(String(ctx.state['body']))) {
    const isCredential = name === 'client_id' || name === 'client_secret';
    if (fields.has(name) || !(isCredential || known.has(name))) return undefined;
    fields.set(name, value);
  }
  const credentials = credentialsOf(ctx.get('authorization'), fields);
  return credentials && { fields, ...credentials };
}

/** RFC 6749 §2.3.1: in the header or in the form, never in both. */
function credentialsOf(
  authorization: string,
  fields: ReadonlyMap<string, string>,
): Omit<PlainForm, 'fields'> | undefined {
  const clientId = fields.get('client_id');
  const clientSecret = fields.get('client_secret');
  if (authorization === '') return clientId && clientSecret ? { clientId, clientSecret } : undefined;
  if (clientId !== undefined || clientSecret !== undefined) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(authorization)?.[1];
  const pair = /^([^:%+]+):([^%+]+)$/.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8'));
  return pair?.[1] && pair[2] ? { clientId: pair[1], clientSecret: pair[2] } : undefined;
}
