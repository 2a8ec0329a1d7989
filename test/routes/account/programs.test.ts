// /account/programs: a person sees what they allowed which client in plain words, and takes it back: it is dead at once, everywhere.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  refresh,
  signIn,
  signInForCode,
  tokensFor,
  verify,
  postForm,
} from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import { approveDevice, poll, startDevice } from '../../support/walks.ts';

let portaria: Portaria;
let client: { id: string; secret: string };
let jwt: { id: string; secret: string };
let ana: string;
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  await addPerson(portaria, 'bia');
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
  jwt = await addClient(portaria, 'notes', { name: 'Example Notes', tokenFormat: 'jwt' });
});
beforeEach(async () => {
  await portaria.services.administration.signOut(ana);
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterAll(() => portaria.stop());

/** What the service gets when its page is opened in the browser that is signed in: an access token. */
async function open(): Promise<string> {
  const request = authorizationRequest(portaria, { client_id: client.id });
  const code = codeIn(await browser.get(request.url));
  return (await exchange(portaria, client, code, request.verifier)).body.access_token;
}

async function disconnect(clientId: string) {
  const page = await browser.get('/account/programs');
  return browser.submit(page, { client: clientId }, '/disconnect');
}

describe('the list of programs', () => {
  it('says in the words of consent what each may do, since when, and when it was last used', async () => {
    await tokensFor(portaria, client);
    const { text } = await browser.get('/account/programs');
    expect(text).toContain('Example Tickets');
    expect(text).toContain('See your e-mail address');
    expect(text.match(/<time datetime=/g)).toHaveLength(2);
    // The console's sign-ins are ours, and issue nothing.
    expect(text.match(/name="client"/g)).toHaveLength(1);
  });

  it('is empty for whoever has connected nothing', async () => {
    expect((await browser.get('/account/programs')).text).toContain('Nothing is connected');
  });

  it('tells a stranger’s program from ours, and counts the machines of a command line', async () => {
    const stranger = await addClient(portaria, 'stranger', { name: '<b>Stranger</b>', isFirstParty: false });
    const request = authorizationRequest(portaria, { client_id: stranger.id, scope: 'openid' });
    const code = codeIn(
      await browser.submit(await browser.get(request.url), { decision: 'allow' }, '/consent'),
    );
    await exchange(portaria, stranger, code, request.verifier);
    for (let machine = 0; machine < 2; machine++) {
      await approveDevice(browser, await startDevice(portaria, 'cli'));
    }
    const { text } = await browser.get('/account/programs');
    expect(text).toMatch(/&lt;b&gt;Stranger&lt;\/b&gt; <span class="badge">Run by someone else/);
    expect(text).toContain('On 2 devices');
  });
});

describe('disconnecting', () => {
  it('ends opaque and JWT access tokens and refresh tokens at once, those that outlive the session too', async () => {
    const scope = 'openid profile offline_access';
    const [opaque, signed] = [
      await tokensFor(portaria, client, { scope }),
      await tokensFor(portaria, jwt, { scope }),
    ];
    for (const { access_token: token } of [opaque, signed])
      expect((await verify(portaria, token)).status).toBe(200);
    const done = await disconnect(client.id);
    expect(done.text).toContain('The program is disconnected.');
    expect((await verify(portaria, opaque.access_token)).status).toBe(401);
    const refused = await refresh(portaria, client, opaque.refresh_token ?? '');
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
    // The other one lives, until its turn comes.
    expect((await verify(portaria, signed.access_token)).status).toBe(200);
    await disconnect(jwt.id);
    expect((await verify(portaria, signed.access_token)).status).toBe(401);
    const asked = await postForm<{ active: boolean }>(
      `${portaria.url}/oauth/introspect`,
      { token: signed.access_token },
      jwt,
    );
    expect(asked.body.active).toBe(false);
    const rows = await portaria.services.auditStore.list({ accountId: ana, limit: 20 });
    const told = rows.filter(({ event }) => event === 'client.disconnected');
    expect(told.map(({ clientId }) => clientId)).toEqual([jwt.id, client.id]);
  });

  it('ends a code and a device code that were on their way', async () => {
    const fields = await signInForCode(portaria, { client_id: client.id });
    const device = await startDevice(portaria, 'cli');
    await approveDevice(browser, device);
    await disconnect(client.id);
    await disconnect('cli');
    expect((await postForm(`${portaria.url}/oauth/token`, fields, client)).status).toBe(400);
    expect((await poll(portaria, 'cli', device)).status).toBe(400);
  });

  it('keeps the browser session, and a service of the house connects again when it is opened', async () => {
    const mine = await open();
    await disconnect(client.id);
    expect((await verify(portaria, mine)).status).toBe(401);
    expect((await verify(portaria, await open())).status).toBe(200);
  });

  it('touches nobody else’s tokens at the same client', async () => {
    await tokensFor(portaria, client);
    const bias = await tokensFor(portaria, client, { login: 'bia' });
    await disconnect(client.id);
    expect((await verify(portaria, bias.access_token)).status).toBe(200);
  });

  it.each(['', 'unknown', 'tickets'])(
    'is refused for "%s" when there is nothing, with a way back',
    async (id) => {
      await tokensFor(portaria, jwt);
      const page = await disconnect(id);
      expect([page.status, page.text.includes('href="/account/programs"')]).toEqual([404, true]);
    },
  );

  it('while a refresh is on its way leaves nothing alive', async () => {
    const tokens = await tokensFor(portaria, client, { scope: 'openid offline_access' });
    const page = await browser.get('/account/programs');
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, () => refresh(portaria, client, tokens.refresh_token ?? ''))),
      browser.submit(page, { client: client.id }, '/disconnect'),
    ]);
    for (const { status, body } of answers) {
      expect([200, 400]).toContain(status);
      if (status === 200) expect((await verify(portaria, body.access_token)).status).toBe(401);
    }
  });
});
