// Owns how much is measured: everything, or the same rows with smaller counts.
import type { Pace } from './rounds.ts';

export interface Plan {
  name: 'full' | 'quick';
  starts: number;
  /** Of a server that nobody has asked anything yet. */
  idleSeconds: number;
  /** Memory is given back some seconds after the last request, and the kernel takes its time with it. */
  settleSeconds: number;
  /** Tokens issued before memory is looked at, twice. */
  issues: number;
  pace: Pace;
  /** More tokens than can be asked about in a turn: none is asked about twice. */
  coldTokensPerTurn: number;
  /** Tokens that are revoked on one node and asked about on another. */
  ends: number;
  flood: { rounds: number; logins: number };
  /** Of each half. */
  pollingSeconds: number;
  passwords: { rounds: number; people: number; rawSeconds: number };
  /** That are open at the same time. */
  sockets: number;
  growth: { sizes: number[]; rounds: number; verify: number; tokens: number };
}

export const FULL: Plan = {
  name: 'full',
  starts: 5,
  idleSeconds: 5,
  settleSeconds: 20,
  issues: 100_000,
  pace: { rounds: 7, seconds: 1.5, warmUpSeconds: 3 },
  coldTokensPerTurn: 15_000,
  ends: 300,
  flood: { rounds: 5, logins: 200 },
  pollingSeconds: 60,
  passwords: { rounds: 7, people: 250, rawSeconds: 2.5 },
  sockets: 1_000,
  growth: { sizes: [10_000, 100_000, 1_000_000], rounds: 8, verify: 900, tokens: 400 },
};

export const QUICK: Plan = {
  name: 'quick',
  starts: 1,
  idleSeconds: 2,
  settleSeconds: 10,
  issues: 5_000,
  pace: { rounds: 3, seconds: 0.6, warmUpSeconds: 1 },
  coldTokensPerTurn: 6_000,
  ends: 100,
  flood: { rounds: 1, logins: 200 },
  pollingSeconds: 15,
  passwords: { rounds: 3, people: 100, rawSeconds: 1 },
  sockets: 1_000,
  growth: { sizes: [10_000, 100_000], rounds: 3, verify: 1_200, tokens: 200 },
};
