// portaria seed: things to try the server with. What it needs to exist, it makes by itself at every start.
import type { Command } from 'commander';
import { demoClient, demoPerson } from '../../seeds/demo.ts';
import { forbidden } from '../base/errors.ts';
import type { Services } from '../services.ts';
import { fields, print, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

interface SeedOptions extends OutputOptions {
  yes?: boolean;
}

export function addSeedCommands(program: Command): void {
  const seed = program.command('seed').description('Things to try the server with.').helpCommand(false);

  seed
    .command('demo')
    .description('Add a demo client and a demo person, unless they are there, and say what to try with them.')
    .option('--yes', 'also in production (NODE_ENV=production), although everybody knows their secrets')
    .option('--json', 'print JSON: { "issuer", "client", "person" }')
    .addHelpText('after', '\nExample:\n  npx portaria seed demo')
    .action((options: SeedOptions, command: Command) =>
      withServices(command, async (services) => {
        const { issuer, isProduction } = services.config;
        if (isProduction && !options.yes) {
          throw forbidden(
            'production',
            'This is production, and everybody knows the demo passwords. Add --yes if you mean it.',
          );
        }
        const client = await ensureClient(services);
        const person = await ensurePerson(services);
        const document = {
          issuer,
          client: { client_id: demoClient.id, client_secret: client.secret ?? null, created: client.isNew },
          person: {
            id: person.id,
            username: demoPerson.username,
            email: demoPerson.email,
            created: person.isNew,
          },
        };
        print(options, document, describe(issuer, client, person));
      }),
    );
}

interface DemoClient {
  /** Undefined when somebody changed it: then it is no longer ours to tell. */
  secret: string | undefined;
  isNew: boolean;
}

interface DemoPerson {
  id: string;
  isNew: boolean;
}

async function ensureClient({ clients, clientStore }: Services): Promise<DemoClient> {
  const { id, input } = demoClient;
  const present = await clientStore.find(id);
  if (!present) await clients.create(id, input);
  const isKnown = !present || present.secret === input.secret;
  return { secret: isKnown ? input.secret : undefined, isNew: !present };
}

async function ensurePerson({ administration, accountStore }: Services): Promise<DemoPerson> {
  const present = await accountStore.findByEmail(demoPerson.email);
  if (present) return { id: present.id, isNew: false };
  const { id } = await administration.create({ ...demoPerson, emailVerified: true }, 'seed');
  return { id, isNew: true };
}

function describe(issuer: string, client: DemoClient, person: DemoPerson): string {
  const credentials = `-u '${demoClient.id}:${client.secret ?? 'ITS-SECRET'}'`;
  return `${fields({
    Client: `${demoClient.id} (${state(client)})`,
    Secret: client.secret ?? 'changed since',
    Person: `${demoPerson.username}, ${demoPerson.email} (${state(person)})`,
    Password: person.isNew ? demoPerson.password : `${demoPerson.password}, unless it was changed`,
  })}

Try next, with the server running ("npm start"):

  # a token for a service
  curl ${credentials} -d grant_type=client_credentials -d scope=read ${issuer}/oauth/token

  # a person signs in: open the address that it prints, and sign in as ${demoPerson.username}
  curl ${credentials} -d scope='openid profile' ${issuer}/oauth/device_authorization

  # ask whether a token is good
  curl -H 'Authorization: Bearer TOKEN' '${issuer}/api/verify?allow=client'`;
}

function state({ isNew }: { isNew: boolean }): string {
  return isNew ? 'added' : 'there already';
}
