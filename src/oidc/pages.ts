// The pages that the engine shows itself, in our words: device code, sign-out, and every refusal that reaches a person.
// The engine hands over ready-made forms; we take the hidden token out and build the form in our own page.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { Views } from '../views.ts';
import { CONSOLE_CLIENT_ID } from './client.ts';
import { endWithoutQuestion, needsNoQuestion } from './end-session.ts';

/** Shows a page in the person's language; given by http/, which knows how. */
export type ShowPage = <N extends keyof Views>(ctx: KoaContextWithOIDC, name: N, data: Views[N]) => void;

/** Says in the person's language why a user code was refused. */
export type DescribeUserCodeFault = (
  ctx: KoaContextWithOIDC,
  fault: 'missing' | 'unknown' | 'expired' | 'used' | 'other',
) => string;

/** What somebody is called; undefined for nobody. */
export type FindName = (accountId: string) => Promise<string | undefined>;

/** The engine's client, as far as a page names it. */
export interface EngineClient {
  clientId: string;
  clientName?: string | undefined;
  look?: unknown;
}

/** What a client is called in the person's language. */
export type NameClient = (ctx: KoaContextWithOIDC, client: EngineClient) => string;

export type EnginePages = ReturnType<typeof createPages>;

interface DeviceInfo {
  ip?: string;
  ua?: string;
  at?: number;
}

const USER_CODE_FAULTS: Record<string, Parameters<DescribeUserCodeFault>[1]> = {
  NoCodeError: 'missing',
  NotFoundError: 'unknown',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
};

export interface PagesDependencies {
  show: ShowPage;
  describe: DescribeUserCodeFault;
  findName: FindName;
  nameClient: NameClient;
}

export function createPages({ show, describe, findName, nameClient }: PagesDependencies) {
  /** Ours is not named. */
  function clientNameOf<K extends string>(ctx: KoaContextWithOIDC, key: K): { [P in K]?: string } {
    const { client } = ctx.oidc;
    const isNamed = client !== undefined && client.clientId !== CONSOLE_CLIENT_ID;
    return (isNamed ? { [key]: nameClient(ctx, client) } : {}) as { [P in K]?: string };
  }

  return {
    deviceInput: async (
      ctx: KoaContextWithOIDC,
      form: string,
      out?: ErrorOut,
      error?: Error & { userCode?: string },
    ) => {
      if (error?.name === 'AbortedError') return show(ctx, 'device/done', { outcome: 'denied' });
      const kind = USER_CODE_FAULTS[error?.name ?? ''] ?? 'other';
      const fault = out && describe(ctx, kind);
      if (kind === 'unknown') ctx.state['wrongUserCode'] = true;
      return show(ctx, 'device', {
        action: '/device',
        xsrf: hiddenToken(form),
        userCode: error?.userCode ?? '',
        ...(fault && { fault: { field: 'user_code', message: fault } }),
      });
    },

    deviceConfirm: async (
      ctx: KoaContextWithOIDC,
      form: string,
      client: EngineClient,
      deviceInfo: Record<string, unknown>,
      userCode: string,
    ) => {
      const { ip, ua, at } = deviceInfo as DeviceInfo;
      // For http/client-look.ts.
      ctx.state['look'] = client.look;
      return show(ctx, 'device/confirm', {
        action: '/device',
        xsrf: hiddenToken(form),
        programName: nameClient(ctx, client),
        userCode,
        requestedFrom: {
          ...(ip && { ip }),
          ...(ua && { userAgent: ua }),
          ...(at && { startedSecondsAgo: Math.max(0, Math.floor(Date.now() / 1000) - at) }),
        },
      });
    },

    deviceDone: async (ctx: KoaContextWithOIDC) => {
      return show(ctx, 'device/done', { outcome: 'allowed', ...clientNameOf(ctx, 'programName') });
    },

    logout: async (ctx: KoaContextWithOIDC, form: string) => {
      if (needsNoQuestion(ctx)) return endWithoutQuestion(ctx);
      const accountId = ctx.oidc.session?.accountId;
      // It may be somebody else than the client thinks.
      const personName = accountId === undefined ? undefined : await findName(accountId);
      return show(ctx, 'logout', {
        action: '/oauth/logout/confirm',
        xsrf: hiddenToken(form),
        ...(personName !== undefined && { personName }),
        ...clientNameOf(ctx, 'clientName'),
      });
    },

    logoutDone: async (ctx: KoaContextWithOIDC) => {
      return show(ctx, 'logout/done', { homeHref: '/', ...clientNameOf(ctx, 'clientName') });
    },

    error: async (ctx: KoaContextWithOIDC, out: ErrorOut, _error: Error) => {
      const clientId = ctx.oidc?.client?.clientId;
      const isSignOut = ctx.oidc?.route === 'end_session_confirm' && ctx.status === 400;
      return show(ctx, 'error', {
        status: ctx.status,
        // Sent twice, from a page of another time or browser, or by somebody else: nothing else can be wrong with that form.
        code: isSignOut ? 'form_expired' : codeOf(out),
        ...(isSignOut && { retryHref: '/oauth/logout' }),
        requestId: String(ctx.state['requestId']),
        ...(clientId && { clientId }),
      });
    },
  };
}

/** The engine calls several things `invalid_request` that a person has to be told apart. */
function codeOf({ error, error_description: description }: ErrorOut): string {
  if (error === 'invalid_redirect_uri' || /redirect_uri did not match/.test(description ?? '')) {
    return 'unregistered_redirect_uri';
  }
  if (
    error === 'invalid_request' &&
    /(interaction|authorization) session|session (not found|principal)/.test(description ?? '')
  ) {
    return 'session_not_found';
  }
  return error === 'invalid_request_uri' ? 'link_expired' : error;
}

function hiddenToken(form: string): string {
  return /name="xsrf" value="([\w-]+)"/.exec(form)?.[1] ?? '';
}
