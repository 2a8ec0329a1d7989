// What the engine tells us becomes audit rows and counters. The rows join the unit of work of the request, so they
// exist exactly when the thing itself does.
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Audit, Subject } from '../audit/audit.ts';
import type { AuditEvent, AuditEvents } from '../audit/events.ts';
import type { Logger } from '../base/log.ts';
import { GRANT_TYPES } from './client.ts';
import { OWN_DOOR, PASSWORD_LOGIN } from './grants/own-door.ts';

export type CountTokenEvent = (event: 'issued' | 'repeated' | 'refused', grantType: string) => void;

/** How long a program waits between two polls, at first; `poll_interval_seconds` of the table says the same. */
const DEVICE_INTERVAL_SECONDS = 5;
/** A program that waits asks every few seconds: no refusal, and nothing to write down. */
const WAITING = new Set(['authorization_pending', 'slow_down']);
const KNOWN_GRANTS: ReadonlySet<string> = new Set(GRANT_TYPES);

export function listen(provider: Provider, audit: Audit, count: CountTokenEvent, log: Logger): void {
  // The engine emits inside the request: `record` has joined its unit of work when it returns.
  const record = <E extends AuditEvent>(event: E, subject: Subject, details: AuditEvents[E]) => {
    audit.record(event, subject, details).catch((error: unknown) => provider.emit('error', error));
  };
  const recordStranger = <E extends AuditEvent>(event: E, subject: Subject, details: AuditEvents[E]) => {
    audit.recordStranger(event, subject, details).catch((error: unknown) => provider.emit('error', error));
  };

  provider.on('interaction.ended', (ctx) => {
    const { login, consent } = ctx.oidc.result ?? {};
    // With a consent comes the sign-in before it, once more.
    if (!login || consent) return;
    // A second proof alone (http/sign-in-end.ts).
    if (login['isStepUp'] === true) record('sign_in.stepped_up', subjectOf(ctx), {});
    else record('sign_in.succeeded', subjectOf(ctx), { method: login.amr?.[0] ?? 'unknown' });
  });

  provider.on('authorization.success', (ctx) => {
    const code = ctx.oidc.entities.DeviceCode;
    if (code) record('device_code.approved', subjectOf(ctx), { scope: code.scope ?? '' });
  });

  provider.on('device_authorization.success', (ctx, answer) => {
    // RFC 8628 §3.2; the engine leaves it out, and programs then guess.
    Object.assign(answer, { interval: DEVICE_INTERVAL_SECONDS });
    recordStranger('device_code.issued', subjectOf(ctx), { scope: short(textOf(ctx.oidc.params?.scope)) });
  });

  provider.on('grant.success', (ctx) => {
    const grantType = grantTypeOf(ctx);
    // grants/refresh-token.ts writes its own row, with the tokens; and so does mint.ts.
    if (grantType === 'refresh_token' || grantType === PASSWORD_LOGIN) return;
    const scope = ctx.oidc.entities.AccessToken?.scope ?? ctx.oidc.entities.ClientCredentials?.scope ?? '';
    record('token.issued', subjectOf(ctx), { grant_type: grantType, scope });
    count('issued', grantType);
  });

  provider.on('grant.error', (ctx, error) => {
    if (WAITING.has(error.error)) return;
    const grantType = grantTypeOf(ctx);
    recordStranger('token.refused', subjectOf(ctx), {
      grant_type: grantType,
      error: error.error,
      reason: short(error.error_detail ?? error.error_description ?? ''),
    });
    count('refused', grantType);
  });

  provider.on('authorization.error', (ctx, error) => {
    // A pushed request that was used: the engine would send the person to the client's address, if it has but one, with an
    // error and without the state that the client waits for. They get our page instead.
    if (error instanceof errors.InvalidRequestUri) error.allow_redirect = false;
    if (ctx.oidc.result?.error) return;
    if (error.error === 'invalid_redirect_uri') logRefusedAddress(ctx, log);
    recordStranger('sign_in.refused', subjectOf(ctx), {
      method: 'authorization',
      reason: short(`${error.error}: ${error.error_description ?? ''}`),
    });
  });

  provider.on('end_session.success', (ctx) => {
    if (ctx.oidc.session?.accountId) record('sign_out.succeeded', subjectOf(ctx), {});
  });

  provider.on('access_token.destroyed', (token) => {
    record('token.revoked', { accountId: token.accountId, clientId: token.clientId }, {});
  });
  provider.on('client_credentials.destroyed', (token) => {
    record('token.revoked', { clientId: token.clientId }, {});
  });
  provider.on('refresh_token.destroyed', (token) => {
    record('token.revoked', { accountId: token.accountId, clientId: token.clientId }, {});
  });
}

/** Whoever runs the server has to be able to see which address a client wants and is not registered for. */
function logRefusedAddress(ctx: KoaContextWithOIDC, log: Logger): void {
  const wanted = textOf(ctx.oidc.params?.redirect_uri);
  log.warn(
    {
      requestId: ctx.state['requestId'],
      clientId: ctx.oidc.client?.clientId,
      redirectUri: wanted.replace(/[?#].*$/s, '').slice(0, 300),
    },
    'refused: this redirect URI is not registered for the client',
  );
}

function subjectOf(ctx: KoaContextWithOIDC): Subject {
  const { entities, session, client } = ctx.oidc;
  return { accountId: entities.Account?.accountId ?? session?.accountId, clientId: client?.clientId };
}

/** Only what looks like a grant type, so that nobody fills labels and rows with text of their own. */
function grantTypeOf(ctx: KoaContextWithOIDC): string {
  const grantType = textOf(ctx.oidc.params?.grant_type);
  if (grantType === OWN_DOOR) return PASSWORD_LOGIN;
  return KNOWN_GRANTS.has(grantType) ? grantType : 'unknown';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A row is kept for long, and what is in it may be a stranger's text. */
function short(text: string): string {
  return text.slice(0, 300);
}
