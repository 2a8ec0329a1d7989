// Owns the file in which a person's sign-ins are kept, one for each server: readable by its owner alone, replaced as a whole,
// changed by one process at a time. What a sign-in is worth is for signed-in-at.ts to say.
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidRequest, unreachable } from '../base/errors.ts';
import { withFileLock } from './file-lock.ts';

export interface KeptToken {
  token: string;
  /** In milliseconds, by the clock of this machine. */
  expiresAt: number;
}

export interface SignIn {
  refreshToken: string;
  /** All that was allowed, separated by spaces. */
  scope: string;
  /** By what they may do: `scope`, or less. */
  accessTokens: Record<string, KeptToken>;
}

/** By the server's address, the latest sign-in last. */
export type SignIns = Map<string, SignIn>;

export class SignInFile {
  readonly #folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'sign-ins.json');
  }

  /** Throws when the file is not what we write. */
  async read(): Promise<SignIns> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{"signIns":{}}';
      throw unusable(error);
    });
    const signIns = parse(text);
    if (!signIns)
      throw invalidRequest(`${this.path} is damaged. Delete it, then sign in again: npx portaria login`);
    return signIns;
  }

  /** What `work` does to them is kept, unless it throws. No other process reads or changes anything meanwhile. */
  async change<T>(work: (signIns: SignIns) => Promise<T> | T): Promise<T> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await chmod(this.#folder, 0o700);
    } catch (error) {
      throw unusable(error as Error);
    }
    return withFileLock(`${this.path}.lock`, async () => {
      const signIns = await this.read();
      const before = format(signIns);
      const outcome = await work(signIns);
      const after = format(signIns);
      if (after !== before) await this.#replace(after);
      return outcome;
    });
  }

  async #replace(text: string): Promise<void> {
    const next = `${this.path}.${randomUUID()}`;
    try {
      const file = await open(next, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.path);
    } catch (error) {
      throw unusable(error as Error);
    } finally {
      await rm(next, { force: true });
    }
  }
}

function unusable(error: Error): Error {
  return unreachable(`Your sign-ins cannot be kept: ${error.message}.`, error);
}

function format(signIns: SignIns): string {
  return `${JSON.stringify({ signIns: Object.fromEntries(signIns) }, undefined, 2)}\n`;
}

function parse(text: string): SignIns | undefined {
  try {
    const { signIns } = JSON.parse(text) as { signIns: Record<string, SignIn> };
    const entries = Object.entries(signIns);
    const isWhole = ({ refreshToken, scope, accessTokens }: SignIn) =>
      typeof refreshToken === 'string' && typeof scope === 'string' && typeof accessTokens === 'object';
    return entries.every(([, signIn]) => isWhole(signIn)) ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}
