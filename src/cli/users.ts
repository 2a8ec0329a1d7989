// portaria users: the people who have an account. What is asked of the administration is in routes/api/admin/users.ts; the
// rules are in accounts/administration.ts.
import type { Command } from 'commander';
import type { AccountDocument } from '../accounts/account-document.ts';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import type { Language } from '../phrases.ts';
import { withAdministration, type Ask } from './administration.ts';
import { confirm } from './ask.ts';
import { fields, formatTime, pagesOf, print, printPages, table, type OutputOptions } from './output.ts';
import { toFields, withUserOptions, type UserOptions } from './user-options.ts';
import { columns, describe, sessionColumns } from './user-output.ts';

const LONGEST_INVITATION_SECONDS = 30 * 86_400;
const WHO = 'the account, by its id, e-mail address or username';

interface InviteOptions extends OutputOptions {
  email: string;
  expires: string;
  language: string;
}

interface SureOptions extends OutputOptions {
  yes?: boolean;
}

export function addUserCommands(program: Command): void {
  const users = program.command('users').description('The people who have an account.').helpCommand(false);

  withUserOptions(
    users
      .command('create')
      .description('Make an account, for a person or for the first administrator.')
      .requiredOption('--email <email>', 'the e-mail address (required)'),
    { isNew: true },
  )
    .option('--json', 'print JSON: the account')
    .addHelpText(
      'after',
      `
Examples:
  npx portaria users create --email ana@example.com --name Ana --verified --password - < password.txt
  npx portaria users create --email boss@example.com --role admin --verified --password -`,
    )
    .action(async (options: UserOptions & { email: string }, command: Command) => {
      const form = { ...(await toFields(options)), email: options.email };
      await withAdministration(command, async (ask) => {
        const account = await ask('createUser', form);
        const hint = hintFor(account, form.password !== undefined);
        print(options, account, `The account was created.${hint}\n\n${describe(account)}`);
      });
    });

  users
    .command('invite')
    .description(
      'Send somebody a link with which they make their account themselves (SIGN_UP=open or invite).',
    )
    .requiredOption('--email <email>', 'where the link goes; the account gets this address (required)')
    .option('--expires <duration>', 'how long the link works, up to 30d', '7d')
    .option('--language <language>', 'of the mail: en, pt-BR or ko', 'en')
    .option('--json', 'print JSON: { "email", "link", "expires_at" }')
    .addHelpText('after', '\nExample:\n  npx portaria users invite --email ana@example.com --expires 2d')
    .action((options: InviteOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const { email, expires, language } = options;
        const invitation = await ask('inviteUser', {
          email,
          expires_in_seconds: parseExpires(expires),
          language: language as Language,
        });
        const { link, expires_at: expiresAt } = invitation;
        const shown = fields({ 'Sent to': email, Link: link, 'Good until': formatTime(expiresAt) });
        const hint = 'The link works once. Whoever has it can make the account: keep it to them.';
        print(options, invitation, `${shown}\n\n${hint}`);
      }),
    );

  withUserOptions(
    users
      .command('update')
      .description(
        'Change what is named in the options, and nothing else. Roles that are given replace the old ones.',
      )
      .argument('<account>', WHO),
    { isNew: false },
  )
    .option('--no-role', 'take all roles away')
    .option('--json', 'print JSON: the account as it is now')
    .addHelpText(
      'after',
      `
Examples:
  npx portaria users update ana@example.com --role support --role sales
  npx portaria users update ana@example.com --password - < password.txt`,
    )
    .action(async (who: string, options: UserOptions, command: Command) => {
      const changes = await toFields(options);
      if (Object.values(changes).every((value) => value === undefined)) {
        throw invalidRequest('Name what to change. See: npx portaria users update --help');
      }
      await withAdministration(command, async (ask) => {
        const account = await ask('updateUser', { ...changes, user: who });
        const end = changes.password === undefined ? '' : ' All sessions and tokens have ended.';
        print(options, account, `${nameOf(account)} was changed.${end}\n\n${describe(account)}`);
      });
    });

  users
    .command('list')
    .description('List all accounts, the newest first.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria users list')
    .action((options: OutputOptions, command: Command) =>
      withAdministration(command, (ask) =>
        printPages(
          options,
          pagesOf((after) => ask('listUsers', { after })),
          { columns, empty: 'There are no accounts.' },
        ),
      ),
    );

  users
    .command('show')
    .description('Show an account.')
    .argument('<account>', WHO)
    .option('--json', 'print JSON: the account')
    .addHelpText('after', '\nExample:\n  npx portaria users show ana@example.com')
    .action((who: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const account = await ask('showUser', { user: who });
        print(options, account, describe(account));
      }),
    );

  users
    .command('block')
    .description('Lock a person out: all sessions and tokens end at once. Asks first on a terminal.')
    .argument('<account>', WHO)
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: the account')
    .addHelpText('after', '\nExample:\n  npx portaria users block ana@example.com --yes')
    .action((who: string, options: SureOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const { id } = await sure(
          ask,
          who,
          (name) => `Block ${name} and end all sessions and tokens?`,
          options,
        );
        const account = await ask('blockUser', { user: id });
        print(options, account, `${nameOf(account)} is blocked. All sessions and tokens have ended.`);
      }),
    );

  users
    .command('unblock')
    .description('Let a blocked person in again. Sessions and tokens do not come back.')
    .argument('<account>', WHO)
    .option('--json', 'print JSON: the account')
    .addHelpText('after', '\nExample:\n  npx portaria users unblock ana@example.com')
    .action((who: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const account = await ask('unblockUser', { user: who });
        print(options, account, `${nameOf(account)} is not blocked.`);
      }),
    );

  users
    .command('delete')
    .description('Delete an account for good, with all its sessions and tokens. Asks first on a terminal.')
    .argument('<account>', WHO)
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: { "id", "deleted": true }')
    .addHelpText('after', '\nExample:\n  npx portaria users delete ana@example.com --yes')
    .action((who: string, options: SureOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const account = await sure(ask, who, (name) => `Delete ${name} for good?`, options);
        print(options, await ask('deleteUser', { user: account.id }), `${nameOf(account)} was deleted.`);
      }),
    );

  users
    .command('reset-second-factors')
    .description(
      'For somebody who has lost them: take the authenticator app, recovery codes and passkeys away, and sign the person out everywhere. Asks first on a terminal.',
    )
    .argument('<account>', WHO)
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: { "id", "reset": whether there was anything }')
    .addHelpText('after', '\nExample:\n  npx portaria users reset-second-factors ana@example.com --yes')
    .action((who: string, options: SureOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const question = (name: string) =>
          `Take the second factors of ${name} away? Be sure who asks for it.`;
        const account = await sure(ask, who, question, options);
        const outcome = await ask('resetSecondFactors', { user: account.id });
        const text = outcome.reset
          ? `${nameOf(account)} has no second factor any more and is signed out everywhere.`
          : `${nameOf(account)} had no second factor. Nothing was changed.`;
        print(options, outcome, text);
      }),
    );

  users
    .command('sessions')
    .description('List the browsers in which a person is signed in, the latest first.')
    .argument('<account>', WHO)
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria users sessions ana@example.com')
    .action((who: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const { items: sessions } = await ask('listSessions', { user: who });
        const text = sessions.length > 0 ? table(sessions, sessionColumns) : 'There are no sessions.';
        print(options, sessions, text);
      }),
    );

  users
    .command('sign-out')
    .description('Sign a person out everywhere: browsers, programs and services.')
    .argument('<account>', WHO)
    .option('--json', 'print JSON: { "id", "signed_out": true }')
    .addHelpText('after', '\nExample:\n  npx portaria users sign-out ana@example.com')
    .action((who: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const account = await ask('showUser', { user: who });
        print(
          options,
          await ask('signOutUser', { user: account.id }),
          `${nameOf(account)} is signed out everywhere.`,
        );
      }),
    );
}

function parseExpires(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds > LONGEST_INVITATION_SECONDS) {
    throw invalidRequest(`--expires takes a duration such as 12h or 7d, up to 30d, not "${text}".`);
  }
  return seconds;
}

/** The account, once the person at the terminal has said yes to the question about it. */
async function sure(
  ask: Ask,
  who: string,
  question: (name: string) => string,
  options: SureOptions,
): Promise<AccountDocument> {
  const account = await ask('showUser', { user: who });
  await confirm(question(nameOf(account)), options);
  return account;
}

function nameOf(account: AccountDocument): string {
  return account.email ?? account.username ?? account.id;
}

/** Nothing but a password lets a person into an account that was made for them, with a name that is surely theirs. */
function hintFor(
  { id, username, email_verified: isVerified }: AccountDocument,
  hasPassword: boolean,
): string {
  const hasLogin = isVerified || username !== null;
  if (hasLogin && hasPassword) return '';
  const missing = `${hasLogin ? '' : ' --verified'}${hasPassword ? '' : ' --password -'}`;
  return `\nNobody can sign in to it as it is; this mends it: npx portaria users update ${id}${missing}`;
}
