// portaria audit: what happened, who did it and from where.
import type { Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import type { HappeningDocument } from '../routes/api/admin/audit.ts';
import { withAdministration } from './administration.ts';
import { formatTime, pagesOf, printPages, shorten, type OutputOptions } from './output.ts';

/** In characters: what people read of a column that others fill. */
const CELL_MAX = 40;
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

interface ListOptions extends OutputOptions {
  since?: string;
  account?: string;
  by?: string;
}

export function addAuditCommands(program: Command): void {
  const audit = program
    .command('audit')
    .description('What happened, who did it and from where.')
    .helpCommand(false);

  audit
    .command('list')
    .description('List what happened, the newest first.')
    .option(
      '--since <when>',
      'only what happened since: 30m, 2h, 7d, or a date such as 2026-01-31 or 2026-01-31T08:00Z',
    )
    .option('--account <account>', 'only what concerns one account, by its id, e-mail address or username')
    .option('--by <account>', 'only what one administrator did over the API, named the same way')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria audit list --since 2h --account ana@example.com')
    .action((options: ListOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const since = options.since === undefined ? undefined : parseSince(options.since);
        const filter = { since: since?.toISOString(), account: options.account, actor: options.by };
        await printPages(
          options,
          pagesOf((after) => ask('listAudit', { ...filter, after })),
          { columns, empty: 'Nothing happened.' },
        );
      }),
    );
}

function parseSince(text: string): Date {
  const seconds = parseDuration(text);
  const date =
    seconds === undefined
      ? new Date(DATE.test(text) ? text : Number.NaN)
      : new Date(Date.now() - seconds * 1000);
  if (Number.isNaN(date.getTime())) {
    throw invalidRequest(`--since takes a duration such as 2h or a date such as 2026-01-31, not "${text}".`);
  }
  return date;
}

const columns = {
  TIME: (row: HappeningDocument) => formatTime(row.occurred_at),
  EVENT: (row: HappeningDocument) => row.event,
  ACCOUNT: (row: HappeningDocument) => row.account_id,
  BY: (row: HappeningDocument) => row.actor_id,
  CLIENT: (row: HappeningDocument) => row.client_id,
  ADDRESS: (row: HappeningDocument) => row.address,
  DETAILS: (row: HappeningDocument) => describeDetails(row.details),
  AGENT: (row: HappeningDocument) => row.agent && shorten(row.agent, CELL_MAX),
};

function describeDetails(details: object): string | undefined {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  return pairs.length > 0 ? shorten(pairs.join(' '), CELL_MAX) : undefined;
}
