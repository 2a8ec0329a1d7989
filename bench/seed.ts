// Puts the cast on Portaria's stage, a process of its own beside the running server: one of each is written through
// Portaria's own services, as the engine writes it after a sign-in; then the database copies it by the thousand.
import { createHash } from 'node:crypto';
import { createLogger } from '../src/base/log.ts';
import { readConfig } from '../src/config.ts';
import { openProcess } from '../src/process.ts';
import { createServices, type Services } from '../src/services.ts';
import {
  APP_ID,
  CODE_VERIFIER,
  PASSWORD,
  PERSON_SCOPE,
  REDIRECT_URI,
  REFRESH_SCOPE,
  SERVICE_ID,
  SERVICE_SECRET,
  type Counts,
} from './cast.ts';
import { copyRows, type Templates } from './copy-rows.ts';

export interface SeedQuestion {
  environment: Record<string, string>;
  counts: Counts;
}

export interface Seeded {
  /** The service's own. */
  machineToken: string;
}

const DAY_SECONDS = 86_400;

async function seed({ environment, counts }: SeedQuestion): Promise<Seeded> {
  const config = readConfig({ ...environment, LOG_LEVEL: 'fatal' });
  const foundations = await openProcess(config, createLogger(config.logLevel, false));
  try {
    const services = await createServices(foundations);
    try {
      const { machineToken, templates } = await writeOneOfEach(services);
      await copyRows(foundations.connection, templates, counts);
      return { machineToken };
    } finally {
      await services.close();
    }
  } finally {
    await foundations.close();
  }
}

async function writeOneOfEach({
  administration,
  clients,
  provider,
}: Services): Promise<{ machineToken: string; templates: Templates }> {
  await clients.create(SERVICE_ID, {
    secret: SERVICE_SECRET,
    grantTypes: ['client_credentials'],
    isFirstParty: true,
    introspect: true,
  });
  await clients.create(APP_ID, {
    secret: SERVICE_SECRET,
    redirectUris: [REDIRECT_URI],
    isFirstParty: true,
  });
  const account = await administration.create({
    email: 'ana@example.com',
    username: 'ana',
    name: 'Ana',
    password: PASSWORD,
    emailVerified: true,
  });

  const app = await provider.Client.find(APP_ID);
  const service = await provider.Client.find(SERVICE_ID);
  if (!app || !service) throw new Error('the clients are missing');
  const grant = new provider.Grant({ accountId: account.id, clientId: APP_ID });
  grant.addOIDCScope(PERSON_SCOPE);
  const grantId = await grant.save();
  const signedIn = { client: app, accountId: account.id, grantId, gty: 'authorization_code' };
  return {
    machineToken: await new provider.ClientCredentials({ client: service, scope: 'read' }).save(),
    templates: {
      accountId: account.id,
      grant: grantId,
      access: await new provider.AccessToken({ ...signedIn, scope: PERSON_SCOPE }).save(),
      refresh: await new provider.RefreshToken({ ...signedIn, scope: REFRESH_SCOPE }).save(),
      code: await new provider.AuthorizationCode({
        ...signedIn,
        scope: REFRESH_SCOPE,
        redirectUri: REDIRECT_URI,
        codeChallenge: createHash('sha256').update(CODE_VERIFIER).digest('base64url'),
        codeChallengeMethod: 'S256',
        // The benchmark outlasts the minute that codes usually live.
        expiresIn: DAY_SECONDS,
      }).save(),
    },
  };
}

process.on('message', (question: SeedQuestion) => {
  seed(question)
    .then((seeded) => process.send?.(seeded))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
