// Owns what is asked of the machine: which cores there are, who runs on which, how much processor time and memory a
// process takes. All of it comes from Linux's /proc and taskset; elsewhere nothing is pinned and figures are missing.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** The first two cores that this process may use: one for the server, one for everything else. */
export interface Cores {
  server: number;
  others: number;
}

/** Undefined when nothing can be pinned: no taskset, or a single core. */
export function findCores(): Cores | undefined {
  if (spawnSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' }).status !== 0) return undefined;
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status'))?.[1] ?? '';
  const allowed = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [server, others] = allowed;
  return server === undefined || others === undefined ? undefined : { server, others };
}

/** For whoever reads the figures later; what else ran on it as well. */
export function describeMachine(): string {
  const load = (loadavg()[0] ?? Number.NaN).toFixed(1);
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  return `${cpus()[0]?.model.trim() ?? '?'}, ${availableParallelism()} cores, ${gigabytes} GB, load ${load} before the start`;
}

/** Every thread of the process; threads and processes that it starts later inherit it. */
export function pin(pid: number, core: number): void {
  // A thread that ends while it is being pinned is a fault to taskset.
  for (let triesLeft = 3; ; triesLeft -= 1) {
    const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], {
      encoding: 'utf8',
    });
    if (status === 0 || !isAlive(pid)) return;
    if (triesLeft === 0) throw new Error(`taskset ${pid}: ${stderr}`);
  }
}

/** All that a process started, and all that those started. */
export function descendantsOf(pid: number): number[] {
  const children = readDirectory('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Counts the processor time of a process, and of all that it started, from now on; in microseconds. */
export class CpuClock {
  readonly #pid: number;
  readonly #before: Map<number, number>;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = this.#look();
  }

  /** A helper that has ended meanwhile is left out. NaN where it cannot be known. */
  read(): { own: number; helpers: number } {
    const used = (now: number, pid: number) => now - (this.#before.get(pid) ?? 0);
    const now = this.#look();
    const own = used(now.get(this.#pid) ?? Number.NaN, this.#pid);
    now.delete(this.#pid);
    return { own, helpers: [...now].reduce((sum, [pid, each]) => sum + used(each, pid), 0) };
  }

  #look(): Map<number, number> {
    return new Map(
      [this.#pid, ...descendantsOf(this.#pid)].map((pid) => [pid, cpuMicrosecondsOf(pid)] as const),
    );
  }
}

/** Processor time of all its threads so far; NaN where it cannot be known. */
function cpuMicrosecondsOf(pid: number): number {
  const threads = readDirectory(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]),
  );
  return threads.length === 0 ? Number.NaN : nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}

export interface Memory {
  rssMegabytes: number;
  /** Pages shared with other processes count in part. */
  pssMegabytes: number;
}

export function memoryOf(pid: number): Memory {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rssMegabytes: megabytes('Rss'), pssMegabytes: megabytes('Pss') };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function parentOf(pid: string): number {
  // The name of the program stands in brackets and may hold anything.
  return Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1]);
}

/** Empty when there is no such file, or no longer. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
