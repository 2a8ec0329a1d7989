// `npm test`: brings what part of the suite needs and the machine lacks, runs Jest and then the Python package's pytest
// (scripts/test-python.ts), and names at the end what was skipped. A browser is taken from CHROMIUM_PATH or the PATH; as
// root on Debian a missing one is installed with apt. Under CI=true a missing part fails. Arguments go to Jest
// (`npm test -- test/flows`), those that begin with sdk/python to pytest.
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath } from '../test/support/chromium.ts';
import { redisServerPath } from '../test/support/redis.ts';
import { hasPython, PYTHON_PACKAGE, runPytest, type Outcome } from './test-python.ts';

interface Part {
  name: string;
  /** Which runner needs it. */
  isFor: 'jest' | 'pytest';
  isThere: () => boolean;
  packages: string[];
  hint: string;
}

const PARTS: Part[] = [
  {
    name: 'the pages in a real browser (test/browser)',
    isFor: 'jest',
    isThere: () => chromiumPath() !== undefined,
    packages: ['chromium', 'fonts-noto-cjk'],
    hint: 'install Chromium (Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM_PATH',
  },
  {
    name: 'Redis (test/base/redis-failover, throttle-redis and some of test/flows)',
    isFor: 'jest',
    isThere: () => redisServerPath() !== undefined,
    packages: ['redis-server'],
    hint: 'install Redis (Debian: apt-get install redis-server)',
  },
  {
    name: `the Python package (${PYTHON_PACKAGE}), and a program in Python in test/browser/terminal`,
    isFor: 'pytest',
    isThere: hasPython,
    packages: ['python3', 'python3-venv'],
    hint: 'install Python 3.9 or later with venv (Debian: apt-get install python3 python3-venv)',
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

const words = process.argv.slice(2);
const pytestWords = words.filter((word) => word.startsWith(PYTHON_PACKAGE));
const jestWords = words.filter((word) => !word.startsWith(PYTHON_PACKAGE));
const runners = {
  jest: jestWords.length > 0 || words.length === 0,
  pytest: pytestWords.length > 0 || words.length === 0,
};
const parts = PARTS.filter((part) => runners[part.isFor]);

const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
for (const part of parts) if (!part.isThere() && canInstall) install(part.packages);
const missing = parts.filter((part) => !part.isThere());

const artefacts = 'artefacts';
mkdirSync(artefacts, { recursive: true });
const outcomes: Outcome[] = [];
if (runners.jest) outcomes.push(runJest());
if (runners.pytest && hasPython()) {
  const outcome = runPytest(artefacts, pytestWords);
  console.log(`\n${PYTHON_PACKAGE}: ${sentenceOf(outcome)}`);
  outcomes.push(outcome);
}

for (const part of missing) console.log(`Skipped: ${part.name}. To run it, ${part.hint}.`);
const sum = (key: keyof Outcome) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
console.log(`\n${sentenceOf({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') })}`);
const isIncomplete = missing.length > 0 && process.env['CI'] === 'true';
if (isIncomplete) console.log('CI=true: a missing part is a failure.');
process.exit(isIncomplete || outcomes.some(({ status }) => status !== 0) ? 1 : 0);

function runJest(): Outcome {
  const results = join(artefacts, 'test-results.json');
  rmSync(results, { force: true });
  const run = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${results}`,
      ...jestWords,
    ],
    // Jest's own JSON also goes to stdout; what people read is on stderr.
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const status = run.status ?? 1;
  if (!existsSync(results)) return { status, passed: 0, failed: 1, skipped: 0 };
  const counted = JSON.parse(readFileSync(results, 'utf8')) as Record<string, number>;
  const { numPassedTests = 0, numFailedTests = 0, numFailedTestSuites = 0, numPendingTests = 0 } = counted;
  const failed = Math.max(numFailedTests, numFailedTestSuites);
  return { status, passed: numPassedTests, failed, skipped: numPendingTests };
}

function sentenceOf({ passed, failed, skipped }: Omit<Outcome, 'status'>): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
