// portaria roles: what the roles of people give them and ask of them. Who has which is with the people (users.ts).
import { Option, type Command } from 'commander';
import type { RoleDocument } from '../routes/api/admin/roles.ts';
import { withAdministration } from './administration.ts';
import { print, table, type OutputOptions } from './output.ts';

const columns = {
  ROLE: ({ id }: RoleDocument) => id,
  PERMISSIONS: ({ permissions }: RoleDocument) => permissions.join(' ') || undefined,
  'SECOND FACTOR': (role: RoleDocument) => (role.second_factor_required ? 'required' : 'optional'),
  PEOPLE: ({ people }: RoleDocument) => String(people),
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
      withAdministration(command, async (ask) => {
        const { items: list } = await ask('listRoles', {});
        print(options, list, list.length > 0 ? table(list, columns) : 'There are no roles.');
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
      withAdministration(command, async (ask) => {
        const isRequired = options.secondFactor === 'required';
        const role = await ask('updateRole', { role: id, second_factor_required: isRequired });
        print(options, role, isRequired ? textOf(role) : `Nobody needs a second factor for "${id}".`);
      }),
    );
}

function textOf({ id, people }: RoleDocument): string {
  return `Whoever has the role "${id}" (now ${people}) signs in with a second factor from now on. Those who have none set one up when they sign in next.`;
}
