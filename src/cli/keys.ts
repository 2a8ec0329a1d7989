// portaria keys: the public face of the signing keys, and their rotation. The private halves stay where they are.
import type { Command } from 'commander';
import { invalidRequest } from '../base/errors.ts';
import type { ResealOutcome } from '../base/reseal.ts';
import { JWKS_MAX_AGE_SECONDS, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../oidc/keys.ts';
import type { KeyDocument, RotationDocument } from '../routes/api/admin/keys.ts';
import { withAdministration } from './administration.ts';
import { fields, formatTime, print, table, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

interface RotateOptions extends OutputOptions {
  algorithm?: string;
  now?: boolean;
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('The keys that sign what we issue.').helpCommand(false);

  keys
    .command('list')
    .description('List the signing keys with their states: next, current or previous.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria keys list')
    .action((options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const { items: all } = await ask('listKeys', {});
        print(options, all, table(all, columns));
      }),
    );

  keys
    .command('rotate')
    .description('Let the next key sign, as soon as everybody can know it; running servers need no restart.')
    .option('--algorithm <name>', `one of ${SIGNING_ALGORITHMS.join(', ')}; all of them without it`)
    .option('--now', 'at once, even when others may not know the next key yet')
    .option('--json', 'print JSON: an array')
    .addHelpText(
      'after',
      '\nExamples:\n  npx portaria keys rotate\n  npx portaria keys rotate --algorithm ES256 --now',
    )
    .action((options: RotateOptions, command: Command) => {
      const input = { algorithm: algorithmOf(options.algorithm), now: options.now };
      return withAdministration(command, async (ask) => {
        const { rotations } = await ask('rotateKeys', input);
        print(options, rotations, rotations.map(describe).join('\n'));
        if (rotations.some((rotation) => rotation.outcome === 'rotated' && rotation.forced)) {
          process.stderr.write(
            `Warning: who remembers our keys may refuse new signatures for up to ${JWKS_MAX_AGE_SECONDS / 60} minutes.\n`,
          );
        }
      });
    });

  keys
    .command('reseal')
    .description(
      'Seal everything that an older SECRET_KEY sealed with the newest one; servers may run meanwhile.',
    )
    .option('--json', 'print JSON: { "resealed", "unopened", "complete" }')
    .addHelpText('after', '\nExample:\n  SECRET_KEY=NEW,OLD npx portaria keys reseal')
    .action((options: OutputOptions, command: Command) =>
      withServices(command, async ({ reseal }) => {
        const outcome = await reseal.run((column, resealed) => {
          process.stderr.write(`${column}: ${resealed} resealed\n`);
        });
        const { resealed, unopened, isComplete } = outcome;
        print(options, { resealed, unopened, complete: isComplete }, describeReseal(outcome));
        if (!isComplete || Object.keys(unopened).length > 0) process.exitCode = 1;
      }),
    );
}

const columns = {
  KID: (key: KeyDocument) => key.kid,
  ALGORITHM: (key: KeyDocument) => key.algorithm,
  STATE: (key: KeyDocument) => key.state,
  SINCE: (key: KeyDocument) => formatTime(key.retired_at ?? key.activated_at ?? key.created_at),
  'CURRENT AT': (key: KeyDocument) => key.activates_at && formatTime(key.activates_at),
};

function describe(rotation: RotationDocument): string {
  const { algorithm, outcome } = rotation;
  if (outcome === 'overtaken') return `${algorithm}: somebody else rotates right now. Nothing was done.`;
  if (outcome === 'rotated')
    return `${algorithm}: ${rotation.kid} signs now, instead of ${rotation.previous_kid}.`;
  return `${algorithm}: ${rotation.kid} signs from ${formatTime(rotation.activates_at)} on, when everybody can know it.`;
}

function describeReseal({ resealed, unopened, isComplete }: ResealOutcome): string {
  const lost = Object.entries(unopened);
  if (lost.length > 0) {
    const counts = fields(Object.fromEntries(lost.map(([column, count]) => [column, `${count} rows`])));
    return `No key in SECRET_KEY opens these. Add the key that sealed them behind the newest, and run this again.\n${counts}`;
  }
  if (!isComplete) {
    return 'Something goes on sealing with an older key: a server runs without the newest in front. Restart it, and run this again.';
  }
  const first = resealed === 0 ? 'Nothing to reseal.' : `Resealed ${resealed} rows.`;
  return `${first} When all servers run with the newest key in front, the older ones can be taken out of SECRET_KEY.`;
}

function algorithmOf(name: string | undefined): SigningAlgorithm | undefined {
  const found = SIGNING_ALGORITHMS.find((algorithm) => algorithm === name);
  if (found || name === undefined) return found;
  throw invalidRequest(`--algorithm takes one of ${SIGNING_ALGORITHMS.join(', ')}, not "${name}".`);
}
