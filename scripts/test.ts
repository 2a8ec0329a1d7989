// `npm test`: brings what part of the suite needs and the machine lacks, runs Jest, and names at the end what was skipped.
// A browser is taken from CHROMIUM_PATH or the PATH; as root on Debian a missing one is installed with apt. Under CI=true
// a missing part fails. Arguments go to Jest: `npm test -- test/flows`.
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath } from '../test/support/chromium.ts';
import { redisServerPath } from '../test/support/redis.ts';

interface Part {
  name: string;
  isThere: () => boolean;
  packages: string[];
  hint: string;
}

const PARTS: Part[] = [
  {
    name: 'the pages in a real browser (test/browser)',
    isThere: () => chromiumPath() !== undefined,
    packages: ['chromium', 'fonts-noto-cjk'],
    hint: 'install Chromium (Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM_PATH',
  },
  {
    name: 'Redis (test/base/redis-failover, throttle-redis and some of test/flows)',
    isThere: () => redisServerPath() !== undefined,
    packages: ['redis-server'],
    hint: 'install Redis (Debian: apt-get install redis-server)',
  },
];

function install(packages: string[]): void {
  console.log(`Installing ${packages.join(', ')} with apt (as root on Debian) …`);
  const options: SpawnSyncOptions = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}

const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
for (const part of PARTS) if (!part.isThere() && canInstall) install(part.packages);
const missing = PARTS.filter((part) => !part.isThere());

const artefacts = 'artefacts';
const results = join(artefacts, 'test-results.json');
mkdirSync(artefacts, { recursive: true });
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${results}`,
    ...process.argv.slice(2),
  ],
  // Jest's own JSON also goes to stdout; what people read is on stderr.
  { stdio: ['ignore', 'ignore', 'inherit'] },
);

interface Totals {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
}
const totals = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as Totals) : undefined;
for (const part of missing) console.log(`Skipped: ${part.name}. To run it, ${part.hint}.`);
if (totals) {
  const failed = Math.max(totals.numFailedTests, totals.numFailedTestSuites);
  console.log(`\n${totals.numPassedTests} passed, ${failed} failed, ${totals.numPendingTests} skipped`);
}
const isIncomplete = missing.length > 0 && process.env['CI'] === 'true';
if (isIncomplete) console.log('CI=true: a missing part is a failure.');
process.exit(isIncomplete ? 1 : (run.status ?? 1));
