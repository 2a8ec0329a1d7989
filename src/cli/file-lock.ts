// One process at a time, by a file beside what is locked. Whoever has died with it in hand is passed by: at once when it was on
// this machine, else after a while.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { unreachable } from '../base/errors.ts';

/**
 * Longer than anybody works with it, the answers of a slow server included; shorter than the half minute in which the server
 * repeats an answer that the one who died may have had.
 */
const STALE_MS = 20_000;
const PATIENCE_MS = 45_000;
const LOOK_AGAIN_MS = 25;
const STOPPED_BY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Throws when somebody else holds it for longer than anybody should. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const ours = `${hostname()} ${process.pid} ${randomUUID()}`;
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await take(path, ours))) {
    if (performance.now() > deadline)
      throw unreachable(`Another command of yours holds ${path}. Wait for it, then try again.`);
    await passStale(path);
    await pause(LOOK_AGAIN_MS * (1 + Math.random()));
  }
  const forget = letGoWhenStopped(path, ours);
  try {
    return await work();
  } finally {
    if ((await contentOf(path)) === ours) await rm(path, { force: true });
    forget();
  }
}

/** Whoever is stopped on the way (Ctrl-C, a terminal that is closed) keeps nobody waiting. Answers how to stop that. */
function letGoWhenStopped(path: string, ours: string): () => void {
  const letGo = () => {
    if (existsSync(path) && readFileSync(path, 'utf8') === ours) rmSync(path, { force: true });
  };
  const stop = (signal: NodeJS.Signals) => {
    letGo();
    forget();
    process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off('exit', letGo);
    for (const signal of STOPPED_BY) process.off(signal, stop);
  };
  process.once('exit', letGo);
  for (const signal of STOPPED_BY) process.once(signal, stop);
  return forget;
}

async function take(path: string, ours: string): Promise<boolean> {
  try {
    await writeFile(path, ours, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A full disk takes the name and not what should stand there.
    await rm(path, { force: true });
    throw unreachable(`Your sign-ins cannot be kept: ${(error as Error).message}.`, error);
  }
}

async function passStale(path: string): Promise<void> {
  const holder = await contentOf(path);
  const takenAt = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (holder === undefined || takenAt === undefined) return;
  // A clock that has been set back meanwhile makes it young for as long as it was wrong.
  if (!hasDiedHere(holder) && Math.abs(Date.now() - takenAt) < STALE_MS) return;
  // Somebody may have been quicker, and hold it by now: what was moved away is looked at before it goes.
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await contentOf(aside);
  if (moved !== undefined && moved !== holder) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function hasDiedHere(holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host !== hostname() || !Number(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
