// portaria outbox: what services have to be told and have not heard yet, and mails that have not left. What is sealed stays so.
import type { Command } from 'commander';
import { notFound } from '../base/errors.ts';
import type { WaitingMessage } from '../outbox/outbox-store.ts';
import { formatTime, pagesOf, print, printPages, shorten, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

const PAGE = 200;
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
      withServices(command, ({ outbox: service }) => {
        const list = (after: string | undefined) => service.list({ isGivenUp: givenUp, after, limit: PAGE });
        return printPages(
          options,
          pagesOf(PAGE, list, ({ id }) => id),
          { toDocument, columns, empty: givenUp ? 'Nothing was given up.' : 'Nothing waits.' },
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
      withServices(command, async ({ outbox: service }) => {
        if (!/^\d{1,18}$/.test(id) || !(await service.restart(id)))
          throw notFound(`There is no message "${id}". List them with: npx portaria outbox list --given-up`);
        print(options, { id }, `The message ${id} is tried again.`);
      }),
    );
}

const columns = {
  ID: (message: WaitingMessage) => message.id,
  KIND: (message: WaitingMessage) => message.kind,
  FOR: (message: WaitingMessage) => message.destination,
  SINCE: (message: WaitingMessage) => formatTime(message.createdAt),
  ATTEMPTS: (message: WaitingMessage) => String(message.attempts),
  NEXT: (message: WaitingMessage) => message.dueAt && formatTime(message.dueAt),
  FAULT: (message: WaitingMessage) => message.lastFault && shorten(message.lastFault, CELL_MAX),
};

function toDocument(message: WaitingMessage): object {
  return {
    id: message.id,
    kind: message.kind,
    destination: message.destination,
    body: message.body,
    created_at: message.createdAt,
    attempts: message.attempts,
    next_attempt_at: message.dueAt ?? null,
    last_fault: message.lastFault ?? null,
    given_up_at: message.givenUpAt ?? null,
  };
}
