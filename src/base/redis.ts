// Owns the connection to Redis, to one server, a cluster or whatever master the sentinels name: one that never makes a
// request wait. Redis only makes things faster here; whoever uses it goes on without it, so every limit is short and
// nothing is queued while it is away.
import { Cluster, Redis as Single, type RedisOptions } from 'ioredis';
import type { Logger } from './log.ts';
import { parseRedisUrl, type RedisTarget } from './redis-url.ts';

/** In a cluster several keys of one command or pipeline have to share a {hash tag}. */
export type Redis = Single | Cluster;

const CONNECT_TIMEOUT_MS = 500;
const COMMAND_TIMEOUT_MS = 300;
/** A connection that is silent for so long is given up: from then on nobody waits for its commands. */
const SILENCE_MS = 1_000;
const LONGEST_RETRY_MS = 2_000;
/** How often a cluster is asked who has which keys, beside what it says by itself. */
const SLOTS_REFRESH_MS = 5_000;

const LIMITS = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  disconnectTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SILENCE_MS,
  maxRetriesPerRequest: 1,
  // A master that became a replica under our feet: look for the new one.
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
} satisfies RedisOptions;

const retry = (tries: number) => Math.min(tries * 100, LONGEST_RETRY_MS);

/** Connects in the background, for as long as it takes. `url` is REDIS_URL as config.ts has let it through. */
export function connectRedis(url: string, log: Logger): Redis {
  const target = parseRedisUrl(url);
  if ('fault' in target) throw new TypeError(`the address of Redis ${target.fault}`);
  const redis = connect(target);
  let isAway = false;
  redis.on('error', (error: Error) => {
    if (!isAway) log.warn({ err: error }, 'Redis is away: going on with PostgreSQL alone');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info('Redis is back');
    isAway = false;
  });
  return redis;
}

function connect(target: RedisTarget): Redis {
  const alone = { ...LIMITS, enableOfflineQueue: false, retryStrategy: retry };
  if (target.form === 'single') return new Single(target.url, alone);
  const { hosts, login } = target;
  const tls = target.hasTls ? { tls: {} } : {};
  if (target.form === 'sentinel') {
    const { username, password } = target.sentinelLogin;
    return new Single({
      ...alone,
      ...login,
      ...tls,
      ...(target.hasTls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
      ...(username && { sentinelUsername: username }),
      ...(password && { sentinelPassword: password }),
      sentinels: hosts,
      name: target.master,
      db: target.database,
      sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
      sentinelRetryStrategy: retry,
    });
  }
  return new Cluster(hosts, {
    redisOptions: { ...LIMITS, ...login, ...tls },
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    maxRedirections: 4,
    // While a master is replaced its keys are away, and nobody waits for them.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // Names stay names: a certificate is for a name.
    dnsLookup: (host, callback) => callback(null, host),
  });
}
