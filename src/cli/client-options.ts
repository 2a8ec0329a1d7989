// The options that `clients create` and `clients update` have in common, and what they mean to the administration.
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../oidc/access-token-format.ts';
import type { ClientFields } from '../oidc/client-fields.ts';
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
    .option(
      '--password-login',
      'it may collect passwords itself, through the JSON login, whose access tokens are JWTs',
    )
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
export async function toFields(options: ClientOptions): Promise<ClientFields> {
  return {
    client_name: options.name,
    ...(options.nameIn && (await namesIn(options.nameIn))),
    client_secret: await readSecret(options.secret, 'Secret'),
    public: options.public,
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    backchannel_logout_uri: options.backchannelLogoutUri,
    backchannel_logout_session_required:
      options.backchannelLogoutSession && options.backchannelLogoutSession === 'named',
    initiate_login_uri: options.initiateLoginUri,
    logo_data: await readPicture(options.logo),
    brand_color: options.brandColor,
    policy_uri: options.policyUri,
    tos_uri: options.tosUri,
    grant_types: options.grant,
    scope: options.scope,
    application_type: options.native === undefined ? undefined : options.native ? 'native' : 'web',
    first_party: options.firstParty,
    require_pkce: options.pkce,
    password_login: options.passwordLogin,
    introspect: options.introspect,
    jwks: await readKeys(options.jwks),
    jwks_uri: options.jwksUri,
    dpop_bound_access_tokens: options.dpop,
    token_format: options.tokenFormat,
    id_token_signed_response_alg: options.signingAlg,
    ...lifetimesIn(options),
  };
}

async function namesIn(pairs: readonly string[]): Promise<Record<string, string>> {
  const { languages } = await import('../phrases.ts');
  const known: readonly string[] = languages;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const language = pair.slice(0, at);
      if (at > 0 && known.includes(language)) return [`client_name#${language}`, pair.slice(at + 1)];
      throw invalidRequest(
        `--name-in takes a language of the pages (${known.join(', ')}) and a name, such as "pt-BR=A loja", not "${pair}".`,
        { field: 'name-in' },
      );
    }),
  );
}

/** What is in the file is judged by oidc/client-logo.ts. */
async function readPicture(path: string | undefined): Promise<string | null | undefined> {
  if (path === undefined) return undefined;
  if (path === '') return null;
  try {
    return await readFile(path, 'base64');
  } catch (cause) {
    throw invalidRequest(`--logo takes a file; "${path}" cannot be read.`, { field: 'logo', cause });
  }
}

/** What is in the file is judged by oidc/client-keys.ts. A single key is taken for a set of one. */
async function readKeys(path: string | undefined): Promise<ClientFields['jwks']> {
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
  // What is no JWK Set at all is a fault of the file, and not an option that was left out.
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return {};
  return 'kty' in content ? { keys: [{ ...content }] } : { ...content };
}

function lifetimesIn(options: ClientOptions): Partial<ClientFields> {
  const duration = (option: string, text: string | undefined): number | undefined =>
    understood(text, parseDuration, `--${option} takes a duration such as 90s, 15m or 1h`);
  return {
    access_token_ttl_seconds: duration('access-token-ttl', options.accessTokenTtl),
    refresh_token_ttl_seconds: duration('refresh-token-ttl', options.refreshTokenTtl),
    refresh_token_max_age_seconds: duration('refresh-token-max-age', options.refreshTokenMaxAge),
    refresh_reuse_window_seconds: understood(
      options.refreshReuseWindow,
      parseReuseWindow,
      '--refresh-reuse-window takes a duration up to 10m such as 30s, or 0',
    ),
  };
}
