// Owns how the figures are shown: one table, what was wanted beside what was measured, and how it was measured.
import type { Rate } from './contests.ts';
import type { Cores, Memory } from './machine.ts';
import type { Pace } from './rounds.ts';

export interface Figures {
  rates: Rate[];
  starts: { firstSeconds: number; laterSeconds: number };
  memory: { afterStart: Memory; afterLoad: Memory; databasePssMegabytes: number };
  method: Pace & { node: string; cores: Cores | undefined };
}

const START_TARGETS_SECONDS = { first: 5, later: 1.5 };
const MEMORY_TARGET_MEGABYTES = 150;

export function printTable({ rates, starts, memory, method }: Figures): string {
  const rows = [
    ['', 'Portaria', 'reference', 'ratio', 'wanted', '', 'µs of its core for one', 'core busy'],
    ...rates.map(rowOf),
    [],
    limitRow(
      'first start, new DATA_DIR',
      seconds(starts.firstSeconds),
      starts.firstSeconds,
      START_TARGETS_SECONDS.first,
      's',
    ),
    limitRow(
      'later starts',
      seconds(starts.laterSeconds),
      starts.laterSeconds,
      START_TARGETS_SECONDS.later,
      's',
    ),
    memoryRow('memory after the start', memory.afterStart),
    memoryRow('memory idle again, after the load', memory.afterLoad),
  ];
  return `${align(rows)}\n\n${methodOf(method, memory.databasePssMegabytes)}\n`;
}

function rowOf(rate: Rate): string[] {
  const { target, ratio } = rate;
  return [
    rate.what,
    `${whole(rate.perSecond)}/s`,
    `${whole(rate.referencePerSecond)}/s`,
    `${ratio.toFixed(2)} ×`,
    target === undefined ? 'told only' : `≥ ${target} ×`,
    target === undefined ? '' : verdict(ratio >= target),
    `${whole(rate.microseconds)} : ${whole(rate.referenceMicroseconds)}`,
    `${percent(rate.share)} : ${percent(rate.referenceShare)}`,
  ];
}

function limitRow(what: string, shown: string, value: number, limit: number, unit: string): string[] {
  return [what, shown, '', '', `< ${limit} ${unit}`, verdict(value < limit)];
}

function memoryRow(what: string, { rssMegabytes, pssMegabytes }: Memory): string[] {
  const shown = `${whole(rssMegabytes)} MB RSS, ${whole(pssMegabytes)} PSS`;
  return limitRow(what, shown, rssMegabytes, MEMORY_TARGET_MEGABYTES, 'MB');
}

function methodOf(
  { node, cores, rounds, seconds: length }: Figures['method'],
  databaseMegabytes: number,
): string {
  const pinned = cores
    ? `The Node server alone on core ${cores.server}; PostgreSQL, its watchdog and the load generator on core ${cores.others}.`
    : 'Nothing is pinned to a core (no taskset, or one core): servers, PostgreSQL and the load generator share all.';
  return [
    `Node ${node}. Medians of ${rounds} rounds of ${length} s in turns, 32 connections, every answer checked.`,
    pinned,
    'Portaria writes every token and its audit row to the embedded PostgreSQL (synchronous commit) and a log line to a',
    'file. References: oidc-provider alone (same version, same features, adapter in memory), and node:http sending the',
    'same body. Starts are not pinned; the first one has no compiled code from before.',
    `PostgreSQL and its watchdog take ${whole(databaseMegabytes)} MB more (PSS) after the load.`,
  ].join('\n');
}

function align(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  // A long cell without neighbours (memory) needs no column of its width.
  return rows
    .map((row) =>
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    )
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}

const whole = (value: number) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '?');
const seconds = (value: number) => `${value.toFixed(2)} s`;
const percent = (value: number) => (Number.isFinite(value) ? `${Math.round(value * 100)} %` : '?');
const verdict = (isMet: boolean) => (isMet ? 'met' : 'MISSED');
