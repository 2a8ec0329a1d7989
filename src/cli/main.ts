// The table of commands. `portaria --help` shows it; every command explains itself with --help.
import { Command } from 'commander';
import { ConfigError } from '../config.ts';
import { AppError } from '../base/errors.ts';

export async function run(argv: string[]): Promise<void> {
  const program = new Command('portaria')
    .description('The front desk of your services: an OAuth 2.0 and OpenID Connect identity provider.')
    .showHelpAfterError();

  program
    .command('start')
    .description('Run the server. Settings come from the environment; README.md lists them.')
    .action(async () => (await import('../main.ts')).start());

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof AppError || error instanceof ConfigError || isForPeople(error))) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Faults whose message was written for the person at the terminal. */
function isForPeople(error: unknown): error is Error {
  return error instanceof Error && error.name === 'EmbeddedPostgresError';
}
