// The table of commands. `portaria --help` shows it; every command explains itself with --help.
import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addAuditCommands } from './audit.ts';
import { addClientCommands } from './clients.ts';
import { explain, render } from './faults.ts';
import { addKeyCommands } from './keys.ts';
import { addLoginCommands } from './login.ts';
import { addMigrateCommands } from './migrate.ts';
import { addOutboxCommands } from './outbox.ts';
import { addRegistrationCommands } from './registration.ts';
import { addResourceCommands } from './resources.ts';
import { fullNameOf, refuseDistance } from './run.ts';
import { addRoleCommands } from './roles.ts';
import { addSeedCommands } from './seed.ts';
import { addUserCommands } from './users.ts';

export async function run(argv: string[]): Promise<void> {
  const isJson = argv.includes('--json');
  const program = new Command('portaria')
    .description('The front desk of your services: an OAuth 2.0 and OpenID Connect identity provider.')
    .version(packageJson.version, '--version', 'print the version')
    .helpCommand(false)
    .configureOutput({
      outputError: (text, write) =>
        write(
          isJson
            ? render({ code: 'invalid_usage', sentence: text.replace(/^error: /, '').trim() }, true)
            : text,
        ),
    })
    .addHelpText('after', '\nEvery command explains itself: npx portaria clients create --help');

  program
    .command('start')
    .description('Run the server. Settings come from the environment; README.md lists them.')
    .addHelpText('after', '\nExample:\n  ISSUER=https://login.example.com npm start')
    .action(async (_options: object, command: Command) => {
      refuseDistance(command);
      await (await import('../main.ts')).start();
    });
  addClientCommands(program);
  addResourceCommands(program);
  addUserCommands(program);
  addRoleCommands(program);
  addKeyCommands(program);
  addAuditCommands(program);
  addOutboxCommands(program);
  addMigrateCommands(program);
  addRegistrationCommands(program);
  addSeedCommands(program);
  addLoginCommands(program);
  offerDistance(program);
  if (!isJson) pointToHelp(program);

  // Whoever read us has seen enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    const explanation = explain(error);
    if (!explanation && !isJson) throw error;
    process.stderr.write(render(explanation ?? { code: 'server_error', sentence: String(error) }, isJson));
    process.exit(1);
  }
}

/** After a mistake one line, and not the whole help, which would push the sentence out of sight. */
function pointToHelp(command: Command): void {
  command.showHelpAfterError(`See: npx ${fullNameOf(command)} --help`);
  for (const inner of command.commands) pointToHelp(inner);
}

/** What works on the database, or on this machine, and on nothing else. It understands --issuer in order to refuse it. */
const HERE_ONLY = /^portaria (start|seed|migrate|keys reseal)\b/;

/** Every command says of which server it is. */
function offerDistance(command: Command): void {
  for (const inner of command.commands) offerDistance(inner);
  const isKnown = command.options.some(({ long }) => long === '--issuer');
  if (command.commands.length > 0 || isKnown) return;
  command.addOption(
    new Option(
      '--issuer <url>',
      'ask a server that is elsewhere, where you have signed in with "portaria login"; PORTARIA_ISSUER says the same',
    ).hideHelp(HERE_ONLY.test(fullNameOf(command))),
  );
}
