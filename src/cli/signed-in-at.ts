// What a command that works at a distance begins with: which server, and a living token of the person for it. Many processes
// may ask at once: one of them refreshes, and the others take what it got.
import { setTimeout as pause } from 'node:timers/promises';
import { FetchFault } from '../base/fetch.ts';
import { forbidden, invalidRequest, invalidToken } from '../base/errors.ts';
import { asked, openIssuer, parseIssuer, refusalIn, refused, type Issuer } from './issuer.ts';
import { SignInFile, type KeptToken, type SignIn } from './sign-ins.ts';
import { readUserConfig } from './user-config.ts';

type ScopedToken = KeptToken & { scope: string };

/** What is left of a token has to be enough for the request that it is for. */
const SPARE_MS = 30_000;
/** An answer that got lost is given again for half a minute: later, the server takes the same request for a thief's. */
const RETRY_AFTER_MS = [500, 2_000];

export function signInFile(): SignInFile {
  return new SignInFile(readUserConfig().folder);
}

/** The option, else PORTARIA_ISSUER, else where the person signed in last. Throws 400 when nothing says it. */
export async function chosenIssuer(option: string | undefined): Promise<string> {
  const named = option ?? readUserConfig().issuer;
  if (named !== undefined) return parseIssuer(named);
  const latest = [...(await signInFile().read()).keys()].at(-1);
  if (latest === undefined)
    throw invalidRequest('Say which server: npx portaria login --issuer https://login.example.com');
  return latest;
}

/** For the administration of that server. Throws 401 when nobody is signed in there, 403 when they were not allowed it. */
export async function accessTokenFor(issuer: string): Promise<string> {
  const { token } = await livingTokenFor(issuer, ({ scope }) => {
    if (wordsOf(scope).includes('admin')) return scope;
    throw forbidden(
      'insufficient_scope',
      `You cannot administer ${issuer} with this sign-in. If you are an administrator there, sign in again: npx portaria login --issuer ${issuer}`,
    );
  });
  return token;
}

/** For the server itself: everything that was allowed. */
export async function wholeTokenFor(issuer: string): Promise<string> {
  return (await livingTokenFor(issuer, ({ scope }) => scope)).token;
}

/** After a 401: the next one who asks gets another token, or hears that the sign-in has ended. */
export async function discardToken(issuer: string, token: string): Promise<void> {
  await signInFile().change((signIns) => {
    const signIn = signIns.get(issuer);
    for (const [key, kept] of Object.entries(signIn?.accessTokens ?? {}))
      if (kept.token === token) delete signIn?.accessTokens[key];
  });
}

/** For services: what the person may do there, and never administration unless `scope` names it. */
export function tokenForServices(issuer: string, scope: string | undefined): Promise<ScopedToken> {
  return livingTokenFor(issuer, (signIn) => {
    const allowed = wordsOf(signIn.scope);
    const wanted = scope === undefined ? allowed.filter((word) => word !== 'admin') : wordsOf(scope);
    const lacking = wanted.filter((word) => !allowed.includes(word));
    if (lacking.length === 0 && wanted.length > 0) return wanted.join(' ');
    throw forbidden(
      'insufficient_scope',
      lacking.length > 0
        ? `This sign-in has no scope ${lacking.join(', ')}: it has ${signIn.scope}. Sign in again with --scope.`
        : `This sign-in has the scope ${signIn.scope} alone. Name it with --scope if that is what you want.`,
    );
  });
}

async function livingTokenFor(issuer: string, choose: (signIn: SignIn) => string): Promise<ScopedToken> {
  const file = signInFile();
  const kept = (await file.read()).get(issuer);
  if (!kept) throw signInFirst(issuer);
  const known = findLiving(kept, choose);
  if (known) return known;
  const server = await openIssuer(issuer);
  const outcome = await file.change(async (signIns) => {
    const signIn = signIns.get(issuer);
    // Another process was here first.
    const found = findLiving(signIn, choose);
    if (found || !signIn) return found;
    const next = await refresh(server, signIn, choose(signIn));
    if (!next) {
      signIns.delete(issuer);
      return undefined;
    }
    signIns.set(issuer, next.signIn);
    return next.got;
  });
  if (outcome) return outcome;
  throw signInFirst(issuer);
}

function signInFirst(issuer: string): Error {
  return invalidToken(`Sign in first: npx portaria login --issuer ${issuer}`);
}

function findLiving(signIn: SignIn | undefined, choose: (signIn: SignIn) => string): ScopedToken | undefined {
  if (!signIn) return undefined;
  const scope = choose(signIn);
  const kept = signIn.accessTokens[keyOf(scope)];
  return kept && isLiving(kept) ? { scope, ...kept } : undefined;
}

/** Undefined when the sign-in has ended. */
async function refresh(
  server: Issuer,
  before: SignIn,
  wanted: string,
): Promise<{ signIn: SignIn; got: ScopedToken } | undefined> {
  const { openid, configuration } = server;
  // RFC 6749 §6: without a scope it is all that was allowed.
  const isWhole = wanted === before.scope;
  const parameters = isWhole ? undefined : { scope: wanted };
  try {
    const answer = await asked(server.url, () =>
      patiently(() => openid.refreshTokenGrant(configuration, before.refreshToken, parameters)),
    );
    // Who has become an administrator, or is none any more, is allowed something else than at the sign-in.
    const scope = isWhole ? (answer.scope ?? wanted) : wanted;
    const kept = keptOf(answer);
    const living = Object.entries(before.accessTokens).filter(([, one]) => isLiving(one));
    const signIn = {
      refreshToken: answer.refresh_token ?? before.refreshToken,
      scope: isWhole ? scope : before.scope,
      accessTokens: { ...Object.fromEntries(living), [keyOf(scope)]: kept },
    };
    return { signIn, got: { scope, ...kept } };
  } catch (error) {
    const code = refusalIn(error);
    if (code === 'invalid_grant') return undefined;
    throw code === undefined ? error : refused(error);
  }
}

async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (const delayMs of RETRY_AFTER_MS) {
    try {
      return await request();
    } catch (error) {
      if (!((error as Error).cause instanceof FetchFault)) throw error;
      await pause(delayMs);
    }
  }
  return request();
}

/** What a token endpoint gives, as a sign-in that has just begun. */
export function signInOf(
  answer: { access_token: string; refresh_token?: string; expires_in?: number; scope?: string },
  wanted: string,
): SignIn {
  const scope = answer.scope ?? wanted;
  return {
    refreshToken: answer.refresh_token ?? '',
    scope,
    accessTokens: { [keyOf(scope)]: keptOf(answer) },
  };
}

function keptOf(answer: { access_token: string; expires_in?: number }): KeptToken {
  return { token: answer.access_token, expiresAt: Date.now() + (answer.expires_in ?? 0) * 1000 };
}

function isLiving({ expiresAt }: KeptToken): boolean {
  return expiresAt - SPARE_MS > Date.now();
}

function keyOf(scope: string): string {
  return wordsOf(scope).toSorted().join(' ');
}

function wordsOf(scope: string): string[] {
  return [...new Set(scope.split(' '))].filter((word) => word !== '');
}
