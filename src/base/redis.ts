// Owns the connection to Redis: one that never makes a request wait. Redis only makes things faster here; whoever uses it
// goes on without it, so every limit is short and nothing is queued while it is away.
import { Redis } from 'ioredis';
import type { Logger } from './log.ts';

export type { Redis };

const CONNECT_TIMEOUT_MS = 500;
const COMMAND_TIMEOUT_MS = 300;
const LONGEST_RETRY_MS = 2_000;

export function connectRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    disconnectTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (tries) => Math.min(tries * 100, LONGEST_RETRY_MS),
  });
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
