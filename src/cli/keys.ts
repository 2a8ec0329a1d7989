// portaria keys: the public face of the signing keys. The private halves stay where they are.
import type { Command } from 'commander';
import type { SigningKey } from '../oidc/key-store.ts';
import { formatTime, print, table, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('The keys that sign what we issue.').helpCommand(false);

  keys
    .command('list')
    .description('List the signing keys with their states: next, current or previous.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria keys list')
    .action((options: OutputOptions, command: Command) =>
      withServices(command, async (services) => {
        const all = await services.keys.list();
        print(options, all.map(toDocument), table(all, columns));
      }),
    );
}

const columns = {
  KID: (key: SigningKey) => key.id,
  ALGORITHM: (key: SigningKey) => key.algorithm,
  STATE: (key: SigningKey) => key.state,
  CREATED: (key: SigningKey) => formatTime(key.createdAt),
};

function toDocument(key: SigningKey): object {
  return { kid: key.id, algorithm: key.algorithm, state: key.state, created_at: key.createdAt };
}
