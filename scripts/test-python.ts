// The Python package's part of `npm test`: makes it a virtual environment of its own (sdk/python/.venv, used again as long
// as nothing that it was made of has changed), installs the package with what its tests need, and runs pytest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const PYTHON_PACKAGE = 'sdk/python';

export interface Outcome {
  status: number;
  passed: number;
  failed: number;
  skipped: number;
}

const FOLDER = join(PYTHON_PACKAGE, '.venv');
const PYTHON = join(FOLDER, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
/** Debian has venv in a package of its own, and without ensurepip it makes environments that cannot install anything. */
const PROBE = 'import sys, venv, ensurepip; print(sys.version); sys.exit(sys.version_info < (3, 9))';

export function hasPython(): boolean {
  return spawnSync('python3', ['-c', PROBE]).status === 0;
}

/** Arguments are as from the root of the repository. */
export function runPytest(artefacts: string, words: string[]): Outcome {
  const nothing = { passed: 0, failed: 1, skipped: 0 };
  const made = makeEnvironment();
  if (made !== 0) return { status: made, ...nothing };
  const results = join(artefacts, 'pytest-results.xml');
  rmSync(results, { force: true });
  const paths = words.map((word) => relative(PYTHON_PACKAGE, word)).filter((path) => path !== '');
  const run = spawnSync(resolve(PYTHON), ['-m', 'pytest', `--junit-xml=${resolve(results)}`, ...paths], {
    cwd: PYTHON_PACKAGE,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const status = run.status ?? 1;
  const [suite] = existsSync(results) ? (/<testsuite [^>]*>/.exec(readFileSync(results, 'utf8')) ?? []) : [];
  if (!suite) return { status, ...nothing };
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  return { status, failed, skipped, passed: Math.max(0, count('tests') - failed - skipped) };
}

/** The exit code of what went wrong, 0 when all is there. */
function makeEnvironment(): number {
  const version = spawnSync('python3', ['-c', PROBE]).stdout;
  const made = createHash('sha256')
    .update(version)
    // It holds paths: one that was moved is of no use.
    .update(resolve(FOLDER))
    .update(readFileSync(join(PYTHON_PACKAGE, 'pyproject.toml')))
    .digest('hex');
  const note = join(FOLDER, 'made-of');
  if (existsSync(note) && readFileSync(note, 'utf8') === made) return 0;
  console.log(`Making ${FOLDER} …`);
  rmSync(FOLDER, { recursive: true, force: true });
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', FOLDER]],
    [PYTHON, ['-m', 'pip', 'install', '--quiet', '--editable', `${PYTHON_PACKAGE}[test]`]],
  ];
  for (const [program, words] of steps) {
    const { status } = spawnSync(program, words, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    });
    if (status !== 0) return status ?? 1;
  }
  writeFileSync(note, made);
  return 0;
}
