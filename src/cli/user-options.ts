// The options that `users create` and `users update` have in common, and what they mean to the administration.
import type { Command } from 'commander';
import { readSecret } from './ask.ts';
import { collect } from './options.ts';
import type { OutputOptions } from './output.ts';

export interface UserOptions extends OutputOptions {
  username?: string;
  password?: string;
  name?: string;
  /** False for --no-role. */
  role?: string[] | false;
  tier?: string;
  verified?: true;
}

/** `isNew`: for an account that is made now, with what it gets unless an option says otherwise. */
export function withUserOptions(command: Command, { isNew }: { isNew: boolean }): Command {
  const onlyNew = (text: string) => (isNew ? text : '');
  return command
    .option('--username <username>', 'a name to sign in with besides the address')
    .option(
      '--password <password>',
      `the password${isNew ? '' : ' from now on, which ends all sessions and tokens'}; "-" reads it from standard input (or asks on a terminal), so that it stays out of the list of processes`,
    )
    .option(
      '--name <name>',
      `the full name${onlyNew(' (default: the username, or the beginning of the address)')}`,
    )
    .option('--role <role>', 'a role, such as admin or support; repeatable', collect)
    .option('--tier <tier>', `the tier that services are told${onlyNew(' (default: free)')}`)
    .option('--verified', 'the address is known to be theirs; nobody can sign in with an unverified address');
}

/** As the administration takes them. */
export interface UserFields {
  name: string | undefined;
  username: string | undefined;
  email_verified: true | undefined;
  tier: string | undefined;
  roles: string[] | undefined;
  password: string | undefined;
}

/** What is not given is undefined. */
export async function toFields(options: UserOptions): Promise<UserFields> {
  const { name, username, role, tier, verified } = options;
  return {
    name,
    username,
    email_verified: verified,
    tier,
    roles: role === false ? [] : role,
    password: await readSecret(options.password, 'Password'),
  };
}
