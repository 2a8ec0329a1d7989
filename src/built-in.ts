// Writes what the server needs to exist (seeds/built-in.ts) into the database, at every start.
import { builtInClients, builtInRoles } from '../seeds/built-in.ts';
import type { Services } from './services.ts';

export async function ensureBuiltIn({ roleStore, clientStore }: Services): Promise<void> {
  for (const role of builtInRoles) await roleStore.ensure(role.id, role.permissions);
  for (const client of builtInClients()) await clientStore.putBuiltIn(client);
}
