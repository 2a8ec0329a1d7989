// Owns the logger: pino JSON on stdout, pretty when stdout is a terminal. What could hold a secret is never
// handed to it; the list below is the second line of defence.
import { isNativeError } from 'node:util/types';
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';

export type { Logger };

const REDACTED = [
  'password',
  'client_secret',
  'access_token',
  'refresh_token',
  'device_code',
  'user_code',
  'token',
  'cookie',
  'authorization',
];

/** Lines of a moment are written together, so that no request waits for a slow disk or a full pipe; the rest at the end. */
const TOGETHER = { dest: 1, sync: false, minLength: 4_096, periodicFlush: 100 };

/** `stream` in place of standard output; never pretty. */
export function createLogger(level: string, pretty: boolean, stream?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  if (stream) return pino(options, stream);
  if (!pretty) return pino(options, pino.destination(TOGETHER));
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: {
        translateTime: 'SYS:HH:MM:ss',
        ignore: 'pid,hostname,method,route,status',
        singleLine: true,
      },
    },
  });
}

/** What helps whoever reads the log: never the fields that a driver hangs on its errors (a whole client, a row). */
function describeError(error: unknown): object {
  if (!isNativeError(error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: name,
    message,
    ...(code !== undefined && { code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
