// The options that `clients create` and `clients update` have in common, and what they mean to oidc/clients.ts.
import { Option, type Command } from 'commander';
import { invalidRequest } from '../base/errors.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../oidc/access-token-format.ts';
import type { ClientInput } from '../oidc/clients.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../oidc/keys.ts';
import { readSecret } from './ask.ts';
import { collect } from './options.ts';
import type { OutputOptions } from './output.ts';

export interface ClientOptions extends OutputOptions {
  name?: string;
  secret?: string;
  public?: boolean;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grant?: string[];
  scope?: string;
  native?: boolean;
  firstParty?: boolean;
  pkce?: boolean;
  passwordLogin?: boolean;
  introspect?: boolean;
  tokenFormat?: TokenFormat;
  signingAlg?: SigningAlgorithm;
  accessTokenTtl?: string;
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
      '--secret <secret>',
      `its secret${isNew ? ', instead of a generated one' : ' from now on'}; "-" reads it from standard input`,
    )
    .addOption(isPublic)
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
    );
}

/** Throws 400 for what cannot be understood. What is not given is undefined. */
export async function toInput(options: ClientOptions): Promise<ClientInput> {
  return {
    name: options.name,
    secret: await readSecret(options.secret, 'Secret'),
    isPublic: options.public,
    redirectUris: options.redirectUri,
    postLogoutRedirectUris: options.postLogoutRedirectUri,
    grantTypes: options.grant,
    scope: options.scope,
    isNative: options.native,
    isFirstParty: options.firstParty,
    requirePkce: options.pkce,
    passwordLogin: options.passwordLogin,
    introspect: options.introspect,
    accessTokenTtlSeconds: await parseTtl(options.accessTokenTtl),
    tokenFormat: options.tokenFormat,
    signingAlgorithm: options.signingAlg,
  };
}

async function parseTtl(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseDuration } = await import('../config.ts');
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    throw invalidRequest(`--access-token-ttl takes a duration such as 90s, 15m or 1h, not "${text}".`);
  }
  return seconds;
}
