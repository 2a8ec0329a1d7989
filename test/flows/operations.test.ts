// What whoever runs the server sees: logs without secrets, metrics, request ids, and an end that finishes what it began.
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  PASSWORD,
  postForm,
  signIn,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import {
  newFolder,
  portaria as command,
  serve,
  startByNpm,
  type Server,
  type Settings,
} from '../support/processes.ts';
import { poll, startDevice } from '../support/walks.ts';

describe('logs and metrics', () => {
  let portaria: Portaria;
  let logged = '';
  let metrics = '';
  const secrets: string[] = [PASSWORD, 'a wrong password of somebody'];

  beforeAll(async () => {
    const log = createLogger('trace', false, { write: (line: string) => void (logged += line) });
    portaria = await startPortaria({}, { log });
    await addPerson(portaria);
    const client = await addClient(portaria, 'tickets');
    secrets.push(client.secret);

    const browser = new Browser(portaria.url);
    const asked = authorizationRequest(portaria, { client_id: client.id, state: 'state-of-the-client' });
    const page = await browser.get(asked.url);
    secrets.push(page.url.split('/').at(-1) ?? '');
    await browser.submit(page, { login: 'ana', password: 'a wrong password of somebody' }, '/login');
    const code = codeIn(await signIn(browser, asked.url));
    const tokens = (await exchange(portaria, client, code, asked.verifier)).body;
    await exchange(portaria, client, code, asked.verifier);
    const { setupToken = '' } = await portaria.services.setup.ensureFirstAdministrator();
    await browser.get(`/setup?token=${setupToken}`);
    await fetch(`${portaria.url}/api/user`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    await postForm(`${portaria.url}/oauth/introspect`, { token: tokens.access_token }, client);
    secrets.push(code, tokens.access_token, tokens.refresh_token ?? '', asked.verifier, setupToken);
    secrets.push(...browser.cookies.map(({ value }) => value));
    metrics = await (await fetch(`${portaria.url}/metrics`)).text();
  });
  afterAll(() => portaria.stop());

  it('hold no password, code, token, cookie, interaction or client secret', () => {
    expect(logged.split('\n').length).toBeGreaterThan(8);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(7);
      expect(logged).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });

  it('write one JSON line a request, with the id that the answer carries', async () => {
    const response = await fetch(`${portaria.url}/.well-known/jwks.json`);
    const id = response.headers.get('x-request-id');
    const line = logged.split('\n').find((text) => text.includes(String(id)));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      requestId: id,
      method: 'GET',
      route: '/.well-known/jwks.json',
      status: 200,
    });
  });

  it('count requests by route and tokens by grant, with labels from closed lists', async () => {
    expect(metrics).toContain(
      'portaria_token_requests_total{grant_type="authorization_code",outcome="issued"} 1',
    );
    expect(metrics).toContain(
      'portaria_http_request_duration_seconds_count{route="/interaction/:uid/login",status="400"} 1',
    );
    await fetch(`${portaria.url}/some/made-up/path-4711`);
    await postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: 'made-up-4711' },
      { id: 'tickets', secret: 'x' },
    );
    expect(await (await fetch(`${portaria.url}/metrics`)).text()).not.toContain('4711');
  });

  it('name the redirect URI that was refused, under the reference that the page shows', async () => {
    const { url } = authorizationRequest(portaria, {
      client_id: 'tickets',
      redirect_uri: 'https://tickets.example.com/typo?secret=hush',
    });
    const page = await new Browser(portaria.url).get(url);
    const id = page.headers.get('x-request-id') ?? '';
    expect(page.text).toContain(id);
    const line = logged.split('\n').find((text) => text.includes(id) && text.includes('redirectUri'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      redirectUri: 'https://tickets.example.com/typo',
      clientId: 'tickets',
    });
    expect(logged).not.toContain('hush');
  });

  it('show metrics to nobody who came through a proxy', async () => {
    const response = await fetch(`${portaria.url}/metrics`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    expect(response.status).toBe(403);
  });
});

describe('the process', () => {
  const folder = newFolder();
  const running: Server[] = [];
  afterAll(async () => {
    await Promise.all(running.map((server) => server.kill()));
    folder.remove();
  });

  async function startProcess(settings: Settings = {}): Promise<Server> {
    const server = await serve(await freePort(), { DATA_DIR: join(folder.path, 'data'), ...settings });
    running.push(server);
    return server;
  }

  it('tells all faults of its settings in one message, and does not start', async () => {
    const { code, stderr } = await command('start', {
      PORT: 'many',
      ISSUER: 'http://login.example.com',
      GITHUB_CLIENT_ID: 'x',
      ACCESS_TOKEN_TTL: 'soon',
    });
    expect(code).toBe(1);
    for (const name of ['PORT', 'GITHUB_CLIENT_SECRET', 'ACCESS_TOKEN_TTL']) expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/\bat .+:\d+/);
  });

  it('starts on an empty directory, keeps its secret to itself, and prints one set-up link', async () => {
    const server = await startProcess();
    expect(server.said().match(/\/setup\?token=/g)).toHaveLength(1);
    expect(statSync(join(folder.path, 'data', 'secret-key')).mode & 0o777).toBe(0o600);
    expect(await server.stop('SIGINT')).toBe(0);
  });

  it('on SIGTERM is not ready at once, finishes what runs, and ends with 0', async () => {
    const server = await startProcess({ ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: PASSWORD });
    const { url } = server;
    // A request whose body is still on its way when the signal comes.
    const slow = request(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '24' },
    });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      slow.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      slow.on('error', reject);
    });
    slow.write('grant_type=');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const ended = server.stop('SIGTERM');
    const draining = await untilStatus(`${url}/readyz`, 503);
    expect(await draining.json()).toMatchObject({ checks: { process: 'draining' } });
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200);
    slow.end('refresh_token');
    expect(await answered).toBe(400);
    expect(await ended).toBe(0);
  });

  it('ends with the npm that started it', async () => {
    const settings = { DATA_DIR: join(folder.path, 'by-npm') };
    const server = await serve(await freePort(), settings, startByNpm);
    try {
      await server.stop('SIGTERM');
      await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed');
      expect(() => process.kill(-server.child.pid!, 0)).toThrow('ESRCH');
    } finally {
      endGroup(server.child.pid!);
    }
  });

  it('that cannot listen leaves the set-up link of the one that runs as it is, and its pages too', async () => {
    const settings = { DATA_DIR: join(folder.path, 'taken') };
    const first = await startProcess(settings);
    const link = /\/setup\?token=\S+/.exec(first.said())?.[0] ?? '';
    const second = await command('start', { ...settings, PORT: new URL(first.url).port });
    expect(second.code).toBe(1);
    expect((await fetch(first.url + link)).status).toBe(200);
    // A third one, with an issuer of its own, on the same database.
    const third = await startProcess(settings);
    const page = await new Browser(first.url).get('/sign-in');
    expect([page.status, page.url.includes('/interaction/')]).toEqual([200, true]);
    await first.stop();
    await third.stop();
  });

  it('two at once on one fresh directory share one database, and kill -9 of one loses nothing', async () => {
    const settings = { DATA_DIR: join(folder.path, 'shared') };
    const [one, two] = await Promise.all([startProcess(settings), startProcess(settings)]);
    const device = await startDevice(one, 'cli');
    await one.kill();
    const answer = await poll(two, 'cli', device);
    expect(answer.body.error).toBe('authorization_pending');
    await two.stop();
  });
});

/** Asks until the answer has this status: the signal needs a moment to arrive. */
async function untilStatus(url: string, status: number): Promise<Response> {
  for (let tries = 0; tries < 500; tries++) {
    const response = await fetch(url);
    if (response.status === status) return response;
    await response.arrayBuffer();
  }
  throw new Error(`${url} never answered ${status}`);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}
