// The only reader of the environment: variables in, one frozen Config out. All faults are reported at once, in
// one message, before anything is started. Names that are not ours are ignored. Every secret X may come from X_FILE.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { isLoopback } from './base/addresses.ts';
import { connectorVariables, readConnectors, type ConnectorsConfig } from './config-connectors.ts';
import type { Lifetimes } from './oidc/lifetimes.ts';
import {
  cidrs,
  databaseUrl,
  duration,
  durationOrOff,
  items,
  list,
  origin,
  port,
  mailFrom,
  redisUrl,
  reuseWindow,
  smtpUrl,
  webAddress,
  wholeNumber,
} from './setting-types.ts';

export interface Config {
  readonly isProduction: boolean;
  readonly port: number;
  readonly host: string;
  /** Public origin, without a path or a trailing slash. */
  readonly issuer: string;
  readonly dataDir: string;
  /** Undefined means the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Of this node to PostgreSQL, all its workers together. */
  readonly databaseConnections: number;
  readonly redisUrl: string | undefined;
  /** Newest first. Undefined means: generated once into `dataDir`. */
  readonly secretKeys: readonly string[] | undefined;
  readonly trustedProxies: readonly string[];
  readonly firstAdministrator: { readonly email: string; readonly password: string } | undefined;
  readonly signUp: {
    readonly policy: 'open' | 'invite' | 'closed';
    readonly domains: readonly string[];
    readonly githubOrgs: readonly string[];
  };
  readonly github: GithubConfig | undefined;
  /** Every other way to sign in through somebody else. */
  readonly connectors: ConnectorsConfig;
  readonly ttl: Lifetimes;
  /** After how long a signing key is followed by the next; undefined: only when somebody asks. */
  readonly keyRotationSeconds: number | undefined;
  /** CIDRs of networks that are not public, where a client's `jwks_uri` may be all the same. */
  readonly jwksUriNetworks: readonly string[];
  readonly outbox: {
    /** CIDRs of networks that are not public, where services may be told things all the same. */
    readonly networks: readonly string[];
    /** How long a service is tried that does not answer. */
    readonly retrySeconds: number;
  };
  /** Whether programs may register themselves (RFC 7591). */
  readonly registration: 'off' | 'token' | 'open';
  readonly auditRetentionSeconds: number;
  /** How long a link to a new password works. */
  readonly resetSeconds: number;
  readonly passwordMinLength: number;
  readonly mail: {
    /** Undefined: mails are written to `dataDir`/outbox. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
  };
  readonly corsOrigins: readonly string[];
  readonly metricsToken: string | undefined;
  /** Processes that share the port. */
  readonly workers: number;
  readonly logLevel: string;
  /** Pretty log lines for a person at a terminal. */
  readonly isTerminal: boolean;
}

export interface GithubConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly url: string;
  readonly apiUrl: string;
}

/** One message that lists every fault; printed alone, without a stack. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    super(`The settings have ${count}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

export const SECRET_KEY_MIN_BYTES = 32;

const SECRETS = [
  'SECRET_KEY',
  'DATABASE_URL',
  'REDIS_URL',
  'ADMIN_PASSWORD',
  'GITHUB_CLIENT_SECRET',
  'METRICS_TOKEN',
  'SMTP_URL',
] as const;

/** Two nodes fit into PostgreSQL's default of 100, with room for commands; more would only queue there instead of here. */
const MOST_CONNECTIONS = 40;

const settings = z.object({
  NODE_ENV: z.string().optional(),
  PORT: port.default(3000),
  HOST: z.string().min(1).optional(),
  ISSUER: origin.optional(),
  ALLOW_INSECURE_ISSUER: z.enum(['0', '1'], 'must be 0 or 1').default('0'),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_CONNECTIONS: wholeNumber(4, 1000).optional(),
  REDIS_URL: redisUrl.optional(),
  SECRET_KEY: items.optional(),
  TRUSTED_PROXIES: cidrs,
  JWKS_URI_NETWORKS: cidrs,
  OUTBOX_NETWORKS: cidrs,
  OUTBOX_RETRY: duration('3d'),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().min(15, 'must have at least 15 characters').max(1024).optional(),
  SIGN_UP: z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').default('open'),
  SIGN_UP_DOMAINS: list,
  GITHUB_ORGS: list,
  GITHUB_CLIENT_ID: z.string().min(1).optional(),
  GITHUB_CLIENT_SECRET: z.string().min(1).optional(),
  GITHUB_URL: webAddress.default('https://github.com'),
  GITHUB_API_URL: webAddress.optional(),
  ACCESS_TOKEN_TTL: duration('1h'),
  REFRESH_TOKEN_TTL: duration('30d'),
  REFRESH_TOKEN_MAX_AGE: duration('180d'),
  REFRESH_REUSE_WINDOW: reuseWindow,
  CODE_TTL: duration('60s'),
  DEVICE_TTL: duration('10m'),
  SESSION_TTL: duration('14d'),
  RESET_TTL: duration('1h'),
  KEY_ROTATION: durationOrOff('90d'),
  REGISTRATION: z.enum(['off', 'token', 'open'], 'must be off, token or open').default('off'),
  AUDIT_RETENTION: duration('400d'),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 128).default(12),
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailFrom.optional(),
  CORS_ORIGINS: list.pipe(z.array(origin)),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  WORKERS: wholeNumber(1, 256).optional(),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
});

/** Throws ConfigError with every fault. Reads nothing but `environment` and the files that X_FILE names. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const variables = withSecretFiles(environment, faults);
  const parsed = settings.safeParse(variables);
  if (!parsed.success)
    faults.push(...parsed.error.issues.map((issue) => `${issue.path[0]?.toString()}: ${issue.message}`));

  const is = (name: string) => variables[name] !== undefined;
  const pair = (a: string, b: string) => {
    if (is(a) !== is(b)) faults.push(`${is(a) ? b : a} is missing: ${a} and ${b} belong together`);
  };
  pair('ADMIN_EMAIL', 'ADMIN_PASSWORD');
  pair('GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET');
  if (is('SMTP_URL') && !is('MAIL_FROM')) faults.push('MAIL_FROM is missing: SMTP_URL needs it');
  if (is('DATABASE_URL') && !is('SECRET_KEY')) {
    faults.push(
      'SECRET_KEY is missing: with DATABASE_URL it cannot be generated, every node must have the same',
    );
  }
  const connectors = readConnectors(variables, faults);
  if (!parsed.success) throw new ConfigError(faults);

  const set = parsed.data;
  const isProduction = set.NODE_ENV === 'production';
  const issuer = set.ISSUER ?? `http://localhost:${set.PORT}`;
  const isLocal = isLoopback(new URL(issuer).hostname);
  if (issuer.startsWith('http:') && !isLocal && set.ALLOW_INSECURE_ISSUER !== '1') {
    faults.push('ISSUER: must be https unless its host is loopback (or set ALLOW_INSECURE_ISSUER=1)');
  }
  const isShort = (secret: string) => Buffer.byteLength(secret) < SECRET_KEY_MIN_BYTES;
  if (set.SECRET_KEY?.some(isShort) || set.SECRET_KEY?.length === 0) {
    faults.push(`SECRET_KEY: every key in the list must have at least ${SECRET_KEY_MIN_BYTES} bytes`);
  }
  if (faults.length > 0) throw new ConfigError(faults);

  const isDotCom = set.GITHUB_URL === 'https://github.com';
  return Object.freeze({
    isProduction,
    port: set.PORT,
    host: set.HOST ?? (isLocal ? '127.0.0.1' : '::'),
    issuer,
    dataDir: resolve(set.DATA_DIR),
    databaseUrl: set.DATABASE_URL,
    databaseConnections: set.DATABASE_CONNECTIONS ?? Math.min(4 + 4 * cores, MOST_CONNECTIONS),
    redisUrl: set.REDIS_URL,
    secretKeys: set.SECRET_KEY,
    trustedProxies: set.TRUSTED_PROXIES,
    firstAdministrator:
      set.ADMIN_EMAIL && set.ADMIN_PASSWORD
        ? { email: set.ADMIN_EMAIL, password: set.ADMIN_PASSWORD }
        : undefined,
    signUp: { policy: set.SIGN_UP, domains: set.SIGN_UP_DOMAINS, githubOrgs: set.GITHUB_ORGS },
    github:
      set.GITHUB_CLIENT_ID && set.GITHUB_CLIENT_SECRET
        ? {
            clientId: set.GITHUB_CLIENT_ID,
            clientSecret: set.GITHUB_CLIENT_SECRET,
            url: set.GITHUB_URL,
            apiUrl: set.GITHUB_API_URL ?? (isDotCom ? 'https://api.github.com' : `${set.GITHUB_URL}/api/v3`),
          }
        : undefined,
    connectors,
    ttl: {
      accessTokenSeconds: set.ACCESS_TOKEN_TTL,
      refreshTokenSeconds: set.REFRESH_TOKEN_TTL,
      refreshTokenMaxAgeSeconds: set.REFRESH_TOKEN_MAX_AGE,
      refreshReuseWindowSeconds: set.REFRESH_REUSE_WINDOW,
      codeSeconds: set.CODE_TTL,
      deviceSeconds: set.DEVICE_TTL,
      sessionSeconds: set.SESSION_TTL,
    },
    keyRotationSeconds: set.KEY_ROTATION,
    jwksUriNetworks: set.JWKS_URI_NETWORKS,
    outbox: { networks: set.OUTBOX_NETWORKS, retrySeconds: set.OUTBOX_RETRY },
    registration: set.REGISTRATION,
    auditRetentionSeconds: set.AUDIT_RETENTION,
    resetSeconds: set.RESET_TTL,
    passwordMinLength: set.PASSWORD_MIN_LENGTH,
    mail: {
      smtpUrl: set.SMTP_URL,
      from: set.MAIL_FROM ?? `Portaria <no-reply@${new URL(issuer).hostname}>`,
    },
    corsOrigins: set.CORS_ORIGINS,
    metricsToken: set.METRICS_TOKEN,
    workers: set.WORKERS ?? (isProduction ? cores : 1),
    logLevel: set.LOG_LEVEL,
    isTerminal: process.stdout.isTTY,
  });
}

/** The cores that this process may use. */
export const cores = availableParallelism();

/** Empty variables count as unset: compose files set them so. */
function withSecretFiles(
  environment: NodeJS.ProcessEnv,
  faults: string[],
): Record<string, string | undefined> {
  const variables: Record<string, string | undefined> = {};
  const connectors = connectorVariables(Object.keys(environment));
  for (const name of [...Object.keys(settings.shape), ...connectors.names]) {
    const value = environment[name];
    if (value !== undefined && value !== '') variables[name] = value;
  }
  for (const name of [...SECRETS, ...connectors.secrets]) {
    const path = environment[`${name}_FILE`];
    if (!path) continue;
    if (variables[name] !== undefined) {
      faults.push(`${name} and ${name}_FILE are both set: keep one`);
      continue;
    }
    try {
      variables[name] = readFileSync(path, 'utf8').trim();
    } catch {
      faults.push(`${name}_FILE: the file cannot be read`);
    }
  }
  return variables;
}
