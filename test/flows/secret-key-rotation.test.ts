// SECRET_KEY changes while people are on their way: with the new one in front, then sealed again, then with the new one
// alone. Nobody has to start again.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  PASSWORD,
  refresh,
  signIn,
  tokensFor,
} from '../support/people.ts';
import { freePort } from '../support/ports.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { ana, startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import {
  approveDevice,
  callbackFromGithub,
  poll,
  settingsFor,
  startDevice,
  type DeviceAnswer,
} from '../support/walks.ts';

const OLD = 'the-old-secret-key-that-is-long-enough';
const NEW = 'the-new-secret-key-that-is-long-enough';

let database: TestDatabase;
let github: PretendGithub;
let settings: Record<string, string>;
let running: Portaria | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  github = await startPretendGithub();
  github.person = { ...ana, emails: [{ email: 'somebody@example.com', primary: true, verified: true }] };
  settings = { ...settingsFor(github), PORT: String(await freePort()) };
});
afterAll(async () => {
  await running?.stop();
  await github.close();
  await database.close();
});

/** The server ends, and comes back at the same address with these keys, newest first. */
async function restartWith(...keys: string[]): Promise<Portaria> {
  await running?.stop();
  running = await startPortaria({ ...settings, SECRET_KEY: keys.join() }, { database });
  return running;
}

describe('a new SECRET_KEY', () => {
  it('lets everybody go on who is on their way', async () => {
    let portaria = await restartWith(OLD);
    await addPerson(portaria);
    const client = await addClient(portaria, 'tickets');
    await addClient(portaria, 'terminal', { isNative: true, isPublic: true, grantTypes: ['device_code'] });
    const start = () => authorizationRequest(portaria, { client_id: client.id }).url;
    const browserOf = () => new Browser(portaria.url);

    const atSignIn = browserOf();
    const form = await atSignIn.get(start());
    const signedIn = browserOf();
    const tokens = await tokensFor(portaria, client, { browser: signedIn });
    const atGithub = browserOf();
    const callback = await callbackFromGithub(atGithub, await atGithub.get(start()));
    const atProof = browserOf();
    const emails = [{ email: 'ana@example.com', primary: true, verified: true }];
    github.person = { ...github.person, id: 1002, emails };
    const proof = await atProof.get(await callbackFromGithub(atProof, await atProof.get(start())));
    const device: DeviceAnswer = await startDevice(portaria, 'terminal');

    portaria = await restartWith(NEW, OLD);
    const outcome = await portaria.services.reseal.run();
    expect(outcome).toMatchObject({ unopened: {}, isComplete: true });
    expect(outcome.resealed).toBeGreaterThan(0);
    const isAtTheService = (page: Page) =>
      expect(page.url).toContain('https://tickets.example.com/callback?code=');
    // A form and a cookie that the old key signed; an interaction, a way to GitHub and an identity that waits, which it sealed.
    isAtTheService(await atSignIn.submit(form, { login: 'ana', password: PASSWORD }, '/login'));
    isAtTheService(await atGithub.get(callback));
    isAtTheService(await atProof.submit(proof, { password: PASSWORD }, '/link'));
    isAtTheService(await signedIn.get(start()));

    portaria = await restartWith(NEW);
    // Whoever was here meanwhile has a cookie that the new key signed.
    isAtTheService(await signedIn.get(start()));
    const refreshed = await refresh(portaria, client, tokens.refresh_token ?? '');
    expect(refreshed.status).toBe(200);
    const visitor = browserOf();
    await approveDevice(visitor, device);
    expect((await poll(portaria, 'terminal', device)).status).toBe(200);
    isAtTheService(await signIn(browserOf(), start()));
  });
});
