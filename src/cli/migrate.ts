// portaria migrate: the schema of the database. The server and every other command bring it up to date by themselves;
// these commands are for whoever wants to look first, or to do it at a time of their own.
import type { Command } from 'commander';
import { print, table, type OutputOptions } from './output.ts';
import { withConnection } from './run.ts';

export function addMigrateCommands(program: Command): void {
  const migrate = program
    .command('migrate')
    .description("The database's schema. The server brings it up to date at every start.")
    .helpCommand(false);

  migrate
    .command('status')
    .description('Show which migrations are applied and which are pending; change nothing.')
    .option('--json', 'print JSON: { "applied": […], "pending": […] }')
    .addHelpText('after', '\nExample:\n  npx portaria migrate status')
    .action((options: OutputOptions, command: Command) =>
      withStatus(command, async ({ applied, pending }) => {
        const rows = [
          ...applied.map((name) => ({ name, state: 'applied' })),
          ...pending.map((name) => ({ name, state: 'pending' })),
        ];
        print(
          options,
          { applied, pending },
          table(rows, { MIGRATION: (row) => row.name, STATE: (row) => row.state }),
        );
      }),
    );

  migrate
    .command('plan')
    .description('Print the names of the migrations that "up" would apply; change nothing.')
    .option('--json', 'print JSON: { "pending": […] }')
    .addHelpText('after', '\nExample:\n  npx portaria migrate plan')
    .action((options: OutputOptions, command: Command) =>
      withStatus(command, async ({ pending }) => {
        print(options, { pending }, pending.join('\n') || 'The schema is up to date.');
      }),
    );

  migrate
    .command('up')
    .description('Apply the pending migrations. Several at once wait for each other.')
    .option('--json', 'print JSON: { "applied": […] }, those that were applied now')
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgres://… SECRET_KEY_FILE=… npx portaria migrate up')
    .action((options: OutputOptions, command: Command) =>
      withConnection(command, async (connection) => {
        const { migrateUp } = await import('../base/migrate.ts');
        const applied = await migrateUp(connection);
        const text = applied.map((name) => `Applied ${name}`).join('\n');
        print(options, { applied }, text || 'The schema is up to date already.');
      }),
    );
}

function withStatus(
  command: Command,
  work: (status: { applied: string[]; pending: string[] }) => Promise<void>,
): Promise<void> {
  return withConnection(command, async (connection) => {
    const { migrationStatus } = await import('../base/migrate.ts');
    await work(await migrationStatus(connection));
  });
}
