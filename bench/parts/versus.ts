// Owns the row of a contest: how many answers a second, compared with another server that took its turns in between.
import { medianOf, median, ratiosOf, type Contestant, type Turns } from '../rounds.ts';
import type { Server } from '../servers.ts';
import { percent, times, whole, type Row } from '../table.ts';

/** A reference that waits for nothing has its core; with less, somebody else on the machine had it. */
const UNDISTURBED = 0.85;

export const ENGINE = 'bare engine, in memory';
export const HELLO = 'bare node:http';

/** `target`: the least that the ratio has to be. */
export function versus(what: string, ours: Turns, against: string, theirs: Turns, target: number): Row {
  const ratios = ratiosOf(ours, theirs, (turn) => turn.perSecond);
  const ratio = median(ratios);
  const both = (text: (turns: Turns) => string) => `${text(ours)} : ${text(theirs)}`;
  return {
    what,
    measured: `${perSecond(ours)}/s`,
    reference: `${perSecond(theirs)}/s ${against}`,
    ratio: `${times(ratio)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    wanted: `≥ ${target} ×`,
    isMet: ratio >= target,
    cost: both((turns) => whole(medianOf(turns, (turn) => turn.microseconds))),
    busy: both((turns) => percent(medianOf(turns, (turn) => turn.share))),
    ...(medianOf(theirs, (turn) => turn.share) < UNDISTURBED && { note: disturbance(ours, theirs) }),
  };
}

function disturbance(ours: Turns, theirs: Turns): string {
  const byTime = median(ratiosOf(theirs, ours, (turn) => turn.microseconds));
  return `the reference did not have its core to itself; by processor time alone the ratio is ${times(byTime)}`;
}

export function contestant({ pid, port }: Server, name: string): Pick<Contestant, 'pid' | 'port' | 'name'> {
  return { pid, port, name };
}

function perSecond(turns: Turns): string {
  return whole(medianOf(turns, (turn) => turn.perSecond));
}
