// Who a bearer turned out to be, and what a service that asks is told. Pure: the rules of `/api/verify` and
// `/api/user` without a word of HTTP beyond their status codes.
import type { Account } from '../accounts/account.ts';
import { hasPermission, type AdministrativePermission } from '../accounts/permissions.ts';
import { profileOf, showsAnything, type Profile } from '../oidc/claims.ts';
import { ADMIN_SCOPE } from '../oidc/scopes.ts';

export interface Principal {
  clientId: string;
  isFirstParty: boolean;
  scopes: ReadonlySet<string>;
  /** The resource that the token is bound to (RFC 8707). */
  audience: string | undefined;
  /** The client that the resource belongs to: it may introspect the token. */
  audienceOwnerId: string | undefined;
  /** Bound to a key or a certificate: as a plain bearer it is worth nothing (RFC 9449 §7.2). */
  isSenderConstrained: boolean;
  issuedAtSeconds: number;
  expiresAtSeconds: number;
  /** Undefined for a machine's token (client credentials). */
  account: Account | undefined;
}

/** What the service that asks said about itself in the query of `/api/verify`. */
export interface VerifyQuestion {
  /** Scopes that the token must have. */
  scope: ReadonlySet<string>;
  /** A machine's token is welcome. */
  allowsClient: boolean;
  /** The third-party client whose tokens are welcome. */
  clientId: string | undefined;
  /** The resource that the service is. */
  resource: string | undefined;
}

export interface Verified extends Partial<Profile> {
  active: true;
  client_id: string;
  scope: string;
  token_type: 'Bearer';
  exp: number;
}

export type Refusal =
  | { status: 401; error: 'invalid_token'; description: string }
  | {
      status: 403;
      error:
        | 'insufficient_scope'
        | 'user_required'
        | 'client_required'
        | 'wrong_audience'
        | 'permission_required';
      description: string;
    };

const INVALID: Refusal = {
  status: 401,
  error: 'invalid_token',
  description: 'The access token is missing, unknown, expired or revoked. Get a new one and try again.',
};

const FOR_OTHERS = refuse('wrong_audience', 'The token is for another resource, and not for this API.');

/** GET /api/verify: what the service learns, or why not. */
export function verify(principal: Principal | undefined, question: VerifyQuestion): Verified | Refusal {
  if (!principal || principal.isSenderConstrained) return INVALID;
  const { account, scopes } = principal;
  if (!principal.isFirstParty && question.clientId !== principal.clientId) {
    return refuse(
      'wrong_audience',
      'The token was issued to a third-party client. Name it with ?client_id= to accept it.',
    );
  }
  if (principal.audience !== undefined && question.resource !== principal.audience) {
    return refuse('wrong_audience', 'The token is bound to another resource. Name your own with ?resource=.');
  }
  if (!account && !question.allowsClient) {
    return refuse('user_required', 'The token belongs to a machine. Add ?allow=client to accept it.');
  }
  const missing = [...question.scope].filter((scope) => !scopes.has(scope));
  if (missing.length > 0)
    return refuse('insufficient_scope', `The token lacks the scope ${missing.join(' ')}.`);
  return {
    active: true,
    ...(account && profileOf(account, scopes)),
    client_id: principal.clientId,
    scope: [...scopes].join(' '),
    token_type: 'Bearer',
    exp: principal.expiresAtSeconds,
  };
}

/** The question of a service that accepts whatever is good. */
export const NOTHING_PARTICULAR: VerifyQuestion = {
  scope: new Set(),
  allowsClient: false,
  clientId: undefined,
  resource: undefined,
};

/** GET /api/user: the person's profile as far as the token's scopes reach, or why not. `apiResource`: this API (RFC 8707). */
export function describeUser(principal: Principal | undefined, apiResource: string): Profile | Refusal {
  if (!principal || principal.isSenderConstrained) return INVALID;
  if (isForOthers(principal, apiResource)) return FOR_OTHERS;
  if (!principal.account) return refuse('user_required', 'The token belongs to a machine; it has no person.');
  if (!showsAnything(principal.scopes)) {
    return refuse('insufficient_scope', 'The token needs one of the scopes profile, openid, email or read.');
  }
  return profileOf(principal.account, principal.scopes);
}

/** GET /api/users/:oauth_id: why this bearer may not see other people; undefined when it may. */
export function refusalToSeeUsers(
  principal: Principal | undefined,
  apiResource: string,
): Refusal | undefined {
  if (!principal || principal.isSenderConstrained) return INVALID;
  if (isForOthers(principal, apiResource)) return FOR_OTHERS;
  if (principal.account) {
    return refuse(
      'client_required',
      'The token belongs to a person; a service asks with a token of its own.',
    );
  }
  if (!principal.scopes.has('users.read'))
    return refuse('insufficient_scope', 'The token lacks the scope users.read.');
  return undefined;
}

/** /api/admin: who may do with this bearer what needs that permission, or why not. A machine has no permissions. */
export function administratorBehind(
  principal: Principal | undefined,
  needed: AdministrativePermission,
  apiResource: string,
): Account | Refusal {
  if (!principal || principal.isSenderConstrained) return INVALID;
  if (isForOthers(principal, apiResource)) return FOR_OTHERS;
  if (!principal.account)
    return refuse('user_required', 'The token belongs to a machine; an administrator signs in.');
  if (!hasPermission(principal.account, needed)) {
    return refuse('permission_required', `None of your roles gives you the permission ${needed}.`);
  }
  if (!principal.scopes.has(ADMIN_SCOPE)) {
    return refuse('insufficient_scope', 'The token lacks the scope admin. Sign in again and ask for it.');
  }
  return principal.account;
}

/** RFC 8707 §3: whoever got the token for another service shall not use it here. */
function isForOthers({ audience }: Principal, apiResource: string): boolean {
  return audience !== undefined && audience !== apiResource;
}

export function isRefusal(answer: object): answer is Refusal {
  return 'status' in answer && 'error' in answer;
}

/** What no description may have in it (RFC 6750 §3); a description may name what was asked for, and anybody may ask anything. */
const FORBIDDEN = /[^ !#-[\]-~]/g;
const DESCRIPTION_LENGTH = 300;

/** RFC 6750 §3: the challenge that goes with a refusal. */
export function challengeOf({ error, description }: Refusal): string {
  const told = description.slice(0, DESCRIPTION_LENGTH).replace(FORBIDDEN, '?');
  return `Bearer error="${error}", error_description="${told}"`;
}

function refuse(error: Exclude<Refusal['error'], 'invalid_token'>, description: string): Refusal {
  return { status: 403, error, description };
}
