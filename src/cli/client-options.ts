// The options that `clients create` and `clients update` have in common, and what they mean to oidc/clients.ts.
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../oidc/access-token-format.ts';
import type { KeySet } from '../oidc/client-keys.ts';
import type { ClientInput } from '../oidc/client.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../oidc/keys.ts';
import { parseReuseWindow } from '../oidc/lifetimes.ts';
import { readSecret } from './ask.ts';
import { collect, understood } from './options.ts';
import type { OutputOptions } from './output.ts';

export interface ClientOptions extends OutputOptions {
  name?: string;
  nameIn?: string[];
  secret?: string;
  public?: boolean;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  initiateLoginUri?: string;
  logo?: string;
  brandColor?: string;
  policyUri?: string;
  tosUri?: string;
  backchannelLogoutUri?: string;
  backchannelLogoutSession?: 'named' | 'unnamed';
  grant?: string[];
  scope?: string;
  native?: boolean;
  firstParty?: boolean;
  pkce?: boolean;
  passwordLogin?: boolean;
  introspect?: boolean;
  jwks?: string;
  jwksUri?: string;
  dpop?: boolean;
  tokenFormat?: TokenFormat;
  signingAlg?: SigningAlgorithm;
  accessTokenTtl?: string;
  refreshTokenTtl?: string;
  refreshTokenMaxAge?: string;
  refreshReuseWindow?: string;
}

/** `isNew`: for a client that is made now, with what it gets unless an option says otherwise. */
export function withClientOptions(command: Command, { isNew }: { isNew: boolean }): Command {
  // An update understands it in order to refuse it with a sentence; its help does not offer it.
  const isPublic = new Option(
    '--public',
    'it cannot keep a secret (browser, desktop, command line); decided for good at its creation',
  ).hideHelp(!isNew);
  return command
    .option('--name <name>', 'what people read when it asks them to sign in')
    .option(
      '--name-in <language=name>',
      'the same in another language of the pages, such as "pt-BR=A loja"; repeatable; "pt-BR=" takes it away',
      collect,
    )
    .option(
      '--secret <secret>',
      `its secret${isNew ? ', instead of a generated one' : ' from now on'}; "-" reads it from standard input`,
    )
    .addOption(isPublic)
    .option(
      '--jwks <file>',
      'a file with its public keys (JWK Set): it signs with private_key_jwt and has no secret',
    )
    .option(
      '--jwks-uri <url>',
      'the same, for keys that it publishes at an https address (public, or in JWKS_URI_NETWORKS)',
    )
    .option(
      '--redirect-uri <uri>',
      'where people return to after signing in, compared exactly; repeatable',
      collect,
    )
    .option(
      '--post-logout-redirect-uri <uri>',
      'where people return to after signing out; repeatable',
      collect,
    )
    .option(
      '--backchannel-logout-uri <url>',
      `where it is told of sessions that have ended (https; public, or in OUTBOX_NETWORKS)${isNew ? '' : '; "" for nowhere any more'}`,
    )
    .addOption(
      new Option(
        '--backchannel-logout-session <how>',
        `whether it is told which session, by the sid of its ID tokens${isNew ? ' (default: named)' : ''}`,
      ).choices(['named', 'unnamed']),
    )
    .option(
      '--initiate-login-uri <uri>',
      'the page of the service where people begin: it gets a tile at the front desk; "" takes it away',
    )
    .option(
      '--logo <file>',
      'its picture, where people sign in to it: PNG, WebP or JPEG, about square, up to 512 pixels and 24 KiB; "" takes it away',
    )
    .option(
      '--brand-color <#rrggbb>',
      'its colour; the sign-in pages of a --first-party client wear it; "" takes it away',
    )
    .option('--policy-uri <uri>', 'its page on privacy, linked where people decide; "" takes it away')
    .option('--tos-uri <uri>', 'the same for its terms of use')
    .option(
      '--grant <grant>',
      `authorization_code, refresh_token, client_credentials or device_code; repeatable${isNew ? ' (default: the first two)' : ''}`,
      collect,
    )
    .option(
      '--scope <scopes>',
      `what it may ask for, separated by spaces${isNew ? ' (default: all but users.read, vault and admin)' : ''}`,
    )
    .option('--native', "it runs on a person's device: loopback redirects with any port, private-use schemes")
    .option('--first-party', 'it is ours: people are not asked for consent')
    .option('--password-login', 'it may collect passwords itself, through the JSON login')
    .option('--introspect', 'it may introspect every token without an audience, not only its own')
    .option('--dpop', 'every token of it must be bound to a key of its own (RFC 9449)')
    .addOption(
      new Option(
        '--token-format <format>',
        `the form of its access tokens${isNew ? ' (default: opaque)' : ''}`,
      ).choices(TOKEN_FORMATS),
    )
    .addOption(
      new Option(
        '--signing-alg <algorithm>',
        `what signs its ID tokens and JWT access tokens${isNew ? ' (default: ES256)' : ''}`,
      ).choices(SIGNING_ALGORITHMS),
    )
    .option(
      '--access-token-ttl <duration>',
      'how long its access tokens live, such as 15m (otherwise ACCESS_TOKEN_TTL)',
    )
    .option(
      '--refresh-token-ttl <duration>',
      'how long its refresh tokens may lie unused (otherwise REFRESH_TOKEN_TTL)',
    )
    .option(
      '--refresh-token-max-age <duration>',
      'how long a chain of its refreshes goes on (otherwise REFRESH_TOKEN_MAX_AGE)',
    )
    .option(
      '--refresh-reuse-window <duration>',
      'how long it may send a refresh again and get the same answer; 0 for not at all (otherwise REFRESH_REUSE_WINDOW)',
    );
}

/** Throws 400 for what cannot be understood. What is not given is undefined. */
export async function toInput(options: ClientOptions): Promise<ClientInput> {
  return {
    name: options.name,
    names: options.nameIn && namesIn(options.nameIn),
    secret: await readSecret(options.secret, 'Secret'),
    isPublic: options.public,
    redirectUris: options.redirectUri,
    postLogoutRedirectUris: options.postLogoutRedirectUri,
    backchannelLogoutUri: options.backchannelLogoutUri,
    backchannelLogoutSessionRequired:
      options.backchannelLogoutSession && options.backchannelLogoutSession === 'named',
    initiateLoginUri: options.initiateLoginUri,
    logo: await readPicture(options.logo),
    brandColor: options.brandColor,
    policyUri: options.policyUri,
    tosUri: options.tosUri,
    grantTypes: options.grant,
    scope: options.scope,
    isNative: options.native,
    isFirstParty: options.firstParty,
    requirePkce: options.pkce,
    passwordLogin: options.passwordLogin,
    introspect: options.introspect,
    jwks: await readKeys(options.jwks),
    jwksUri: options.jwksUri,
    requireDpop: options.dpop,
    tokenFormat: options.tokenFormat,
    signingAlgorithm: options.signingAlg,
    ...lifetimesIn(options),
  };
}

function namesIn(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw invalidRequest(`--name-in takes a language and a name, such as "pt-BR=A loja", not "${pair}".`, {
        field: 'name-in',
      });
    }),
  );
}

/** What is in the file is judged by oidc/client-logo.ts. */
async function readPicture(path: string | undefined): Promise<Uint8Array | null | undefined> {
  if (path === undefined) return undefined;
  if (path === '') return null;
  try {
    return await readFile(path);
  } catch (cause) {
    throw invalidRequest(`--logo takes a file; "${path}" cannot be read.`, { field: 'logo', cause });
  }
}

/** What is in the file is judged by oidc/client-keys.ts. A single key is taken for a set of one. */
async function readKeys(path: string | undefined): Promise<KeySet | undefined> {
  if (path === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalidRequest(`--jwks takes a file with JSON in it; "${path}" cannot be read as one.`, {
      field: 'jwks',
      cause,
    });
  }
  const isOne = typeof content === 'object' && content !== null && 'kty' in content;
  // Nothing (`null`) is a fault of the file, and not an option that was left out.
  return (isOne ? { keys: [content] } : (content ?? {})) as KeySet;
}

function lifetimesIn(options: ClientOptions): Partial<ClientInput> {
  const duration = (option: string, text: string | undefined): number | undefined =>
    understood(text, parseDuration, `--${option} takes a duration such as 90s, 15m or 1h`);
  return {
    accessTokenTtlSeconds: duration('access-token-ttl', options.accessTokenTtl),
    refreshTokenTtlSeconds: duration('refresh-token-ttl', options.refreshTokenTtl),
    refreshTokenMaxAgeSeconds: duration('refresh-token-max-age', options.refreshTokenMaxAge),
    refreshReuseWindowSeconds: understood(
      options.refreshReuseWindow,
      parseReuseWindow,
      '--refresh-reuse-window takes a duration up to 10m such as 30s, or 0',
    ),
  };
}
