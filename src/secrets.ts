// Owns the secrets that nobody set: made once, kept in DATA_DIR with mode 0600, the same for every process that
// shares the directory.
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomToken } from './base/crypto.ts';
import { ConfigError, SECRET_KEY_MIN_BYTES } from './config.ts';

/**
 * Gives back SECRET_KEY, newest first: what was set, or else what was generated into `dataDir`, where somebody may have put
 * a newer one in front, as in the setting. Throws ConfigError.
 */
export function resolveSecretKeys(
  configured: readonly string[] | undefined,
  dataDir: string,
): readonly string[] {
  if (configured) return configured;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'secret-key');
  const secrets = (readIfThere(path) ?? createOnce(path, randomToken(48)))
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  if (secrets.length === 0 || secrets.some((secret) => Buffer.byteLength(secret) < SECRET_KEY_MIN_BYTES)) {
    throw new ConfigError([
      `${path}: every key in the list must have at least ${SECRET_KEY_MIN_BYTES} bytes`,
    ]);
  }
  return secrets;
}

/** Of several processes that start at once one creates the file, whole; the others read it. */
function createOnce(path: string, secret: string): string {
  const draft = `${path}.${process.pid}.${randomToken(6)}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${secret}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
