// portaria audit: what happened, who did it and from where.
import type { Command } from 'commander';
import type { AuditRow } from '../audit/audit-store.ts';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import { formatTime, pagesOf, printPages, shorten, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

const PAGE = 500;
/** In characters: what people read of a column that others fill. */
const CELL_MAX = 40;
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

interface ListOptions extends OutputOptions {
  since?: string;
  account?: string;
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
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria audit list --since 2h --account ana@example.com')
    .action((options: ListOptions, command: Command) =>
      withServices(command, async ({ administration, auditStore }) => {
        const since = options.since === undefined ? undefined : parseSince(options.since);
        const accountId = await findAccountId(options.account, administration);
        const list = (before: string | undefined) =>
          auditStore.list({ since, accountId, before, limit: PAGE });
        await printPages(
          options,
          pagesOf(PAGE, list, ({ id }) => id),
          { toDocument, columns, empty: 'Nothing happened.' },
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

/** An id as it is: what a deleted account did can still be asked for. */
async function findAccountId(
  account: string | undefined,
  administration: { get(who: string): Promise<{ id: string }> },
): Promise<string | undefined> {
  if (account === undefined) return undefined;
  const { isAccountId } = await import('../accounts/account.ts');
  return isAccountId(account) ? account : (await administration.get(account)).id;
}

const columns = {
  TIME: (row: AuditRow) => formatTime(row.occurredAt),
  EVENT: (row: AuditRow) => row.event,
  ACCOUNT: (row: AuditRow) => row.accountId,
  CLIENT: (row: AuditRow) => row.clientId,
  ADDRESS: (row: AuditRow) => row.address,
  DETAILS: (row: AuditRow) => describeDetails(row.details),
  AGENT: (row: AuditRow) => row.agent && shorten(row.agent, CELL_MAX),
};

function describeDetails(details: object): string | undefined {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  return pairs.length > 0 ? shorten(pairs.join(' '), CELL_MAX) : undefined;
}

function toDocument(row: AuditRow): object {
  return {
    id: row.id,
    occurred_at: row.occurredAt,
    event: row.event,
    account_id: row.accountId,
    client_id: row.clientId,
    address: row.address,
    agent: row.agent,
    request_id: row.requestId,
    details: row.details,
  };
}
