// portaria roles: what the roles of people give them and ask of them. Who has which is with the people (users.ts).
import { Option, type Command } from 'commander';
import type { Role } from '../accounts/role-store.ts';
import { print, table, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

const columns = {
  ROLE: ({ id }: Role) => id,
  PERMISSIONS: ({ permissions }: Role) => permissions.join(' ') || undefined,
  'SECOND FACTOR': ({ secondFactorRequired }: Role) => (secondFactorRequired ? 'required' : 'optional'),
  PEOPLE: ({ people }: Role) => String(people),
};

export function addRoleCommands(program: Command): void {
  const roles = program
    .command('roles')
    .description('What the roles of people ask of them.')
    .helpCommand(false);

  roles
    .command('list')
    .description('List all roles, with how many people have them.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria roles list')
    .action((options: OutputOptions, command: Command) =>
      withServices(command, async ({ roles: service }) => {
        const list = await service.list();
        print(options, list.map(toDocument), list.length > 0 ? table(list, columns) : 'There are no roles.');
      }),
    );

  roles
    .command('update')
    .description('Change what a role asks of those who have it.')
    .argument('<role>', 'the role, by its name')
    .addOption(
      new Option('--second-factor <rule>', 'at sign-in; whoever has none sets one up then')
        .choices(['required', 'optional'])
        .makeOptionMandatory(),
    )
    .option('--json', 'print JSON: the role as it is now')
    .addHelpText('after', '\nExample:\n  npx portaria roles update admin --second-factor required')
    .action((id: string, options: OutputOptions & { secondFactor: string }, command: Command) =>
      withServices(command, async ({ roles: service }) => {
        const isRequired = options.secondFactor === 'required';
        const role = await service.requireSecondFactor(id, isRequired);
        print(
          options,
          toDocument(role),
          isRequired ? textOf(role) : `Nobody needs a second factor for "${id}".`,
        );
      }),
    );
}

function textOf({ id, people }: Role): string {
  return `Whoever has the role "${id}" (now ${people}) signs in with a second factor from now on. Those who have none set one up when they sign in next.`;
}

function toDocument(role: Role): object {
  return {
    id: role.id,
    permissions: role.permissions,
    second_factor_required: role.secondFactorRequired,
    people: role.people,
  };
}
