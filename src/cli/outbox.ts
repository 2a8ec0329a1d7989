// portaria outbox: what services have to be told and have not heard yet, and mails that have not left. What is sealed stays so.
import type { Command } from 'commander';
import type { MessageDocument } from '../routes/api/admin/outbox.ts';
import { withAdministration } from './administration.ts';
import { formatTime, pagesOf, print, printPages, shorten, type OutputOptions } from './output.ts';

/** In characters: what people read of a column that others fill. */
const CELL_MAX = 60;

export function addOutboxCommands(program: Command): void {
  const outbox = program
    .command('outbox')
    .description(
      'What services have to be told, such as that somebody signed out, and mails, as long as they have not arrived.',
    )
    .helpCommand(false);

  outbox
    .command('list')
    .description('List the messages that wait for their next attempt, the oldest first.')
    .option('--given-up', 'those that nobody tries any more instead; they are kept for 30 days')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria outbox list --given-up')
    .action(({ givenUp = false, ...options }: OutputOptions & { givenUp?: boolean }, command: Command) =>
      withAdministration(command, (ask) => {
        const filter = { given_up: givenUp ? ('true' as const) : ('false' as const) };
        return printPages(
          options,
          pagesOf((after) => ask('listMessages', { ...filter, after })),
          { columns, empty: givenUp ? 'Nothing was given up.' : 'Nothing waits.' },
        );
      }),
    );

  outbox
    .command('retry')
    .description('Try a message from the beginning: the running server does it within seconds.')
    .argument('<id>', 'its number in the list')
    .option('--json', 'print JSON: the number')
    .addHelpText('after', '\nExample:\n  npx portaria outbox retry 42')
    .action((id: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        print(options, await ask('retryMessage', { id }), `The message ${id} is tried again.`);
      }),
    );
}

const columns = {
  ID: (message: MessageDocument) => message.id,
  KIND: (message: MessageDocument) => message.kind,
  FOR: (message: MessageDocument) => message.destination,
  SINCE: (message: MessageDocument) => formatTime(message.created_at),
  ATTEMPTS: (message: MessageDocument) => String(message.attempts),
  NEXT: (message: MessageDocument) => message.next_attempt_at && formatTime(message.next_attempt_at),
  FAULT: (message: MessageDocument) => message.last_fault && shorten(message.last_fault, CELL_MAX),
};
