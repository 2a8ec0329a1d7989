// Puts the cast on Portaria's stage: written through its own services, beside the running server, into the same
// database. Tokens are written as the engine writes them after a sign-in.
import { createLogger } from '../src/base/log.ts';
import { readConfig } from '../src/config.ts';
import { openProcess } from '../src/process.ts';
import { createServices, type Services } from '../src/services.ts';
import { APP_ID, PERSON_SCOPE, SERVICE_ID, SERVICE_SECRET, type Seeded } from './cast.ts';

/** How many tokens are written at the same time. */
const WRITERS = 8;

export async function seedPortaria(environment: Record<string, string>, tokens: number): Promise<Seeded> {
  const config = readConfig({ ...environment, LOG_LEVEL: 'fatal' });
  const foundations = await openProcess(config, createLogger(config.logLevel, false));
  try {
    const services = await createServices(foundations);
    try {
      return await write(services, tokens);
    } finally {
      await services.close();
    }
  } finally {
    await foundations.close();
  }
}

async function write({ administration, clients, provider }: Services, tokens: number): Promise<Seeded> {
  await clients.create(SERVICE_ID, {
    secret: SERVICE_SECRET,
    grantTypes: ['client_credentials'],
    isFirstParty: true,
    introspect: true,
  });
  await clients.create(APP_ID, { redirectUris: ['https://app.example.com/callback'], isFirstParty: true });
  const account = await administration.create({
    email: 'ana@example.com',
    username: 'ana',
    name: 'Ana',
    password: 'a password that is long enough',
    emailVerified: true,
  });

  const app = await provider.Client.find(APP_ID);
  const service = await provider.Client.find(SERVICE_ID);
  if (!app || !service) throw new Error('the clients are missing');
  const grant = new provider.Grant({ accountId: account.id, clientId: APP_ID });
  grant.addOIDCScope(PERSON_SCOPE);
  const grantId = await grant.save();
  const person = {
    client: app,
    accountId: account.id,
    grantId,
    gty: 'authorization_code',
    scope: PERSON_SCOPE,
  };
  const personTokens: string[] = [];
  const writer = async () => {
    for (let written = 0; written < tokens / WRITERS; written += 1) {
      personTokens.push(await new provider.AccessToken(person).save());
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return {
    serviceSecret: SERVICE_SECRET,
    personTokens,
    machineToken: await new provider.ClientCredentials({ client: service, scope: 'read' }).save(),
  };
}
