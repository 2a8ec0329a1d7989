// What whoever runs the server sees: logs without secrets, metrics, request ids, and an end that finishes what it began.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
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
  const directory = mkdtempSync(join(tmpdir(), 'portaria-process-'));
  const running: ChildProcess[] = [];
  afterAll(async () => {
    await Promise.all(
      running
        .filter((child) => child.exitCode === null && child.signalCode === null)
        .map((child) => {
          child.kill('SIGKILL');
          return once(child, 'exit');
        }),
    );
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  async function startProcess(
    settings: Record<string, string> = {},
  ): Promise<{ child: ChildProcess; url: string; output: () => string }> {
    const port = await freePort();
    const child = spawn(process.execPath, ['bin/portaria.js', 'start'], {
      env: { PATH: process.env['PATH'], DATA_DIR: join(directory, 'data'), PORT: String(port), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    let output = '';
    child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (output += data.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => output.includes('is ready at') && resolve());
      child.on('exit', () => reject(new Error(`ended before it was ready:\n${output}`)));
    });
    return { child, url: `http://127.0.0.1:${port}`, output: () => output };
  }

  it('tells all faults of its settings in one message, and does not start', async () => {
    const child = spawn(process.execPath, ['bin/portaria.js', 'start'], {
      env: {
        PATH: process.env['PATH'],
        PORT: 'many',
        ISSUER: 'http://login.example.com',
        GITHUB_CLIENT_ID: 'x',
        ACCESS_TOKEN_TTL: 'soon',
      },
    });
    let output = '';
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    for (const name of ['PORT', 'GITHUB_CLIENT_SECRET', 'ACCESS_TOKEN_TTL']) expect(output).toContain(name);
    expect(output).not.toMatch(/\bat .+:\d+/);
  });

  it('starts on an empty directory, keeps its secret to itself, and prints one set-up link', async () => {
    const { child, output } = await startProcess();
    expect(output().match(/\/setup\?token=/g)).toHaveLength(1);
    expect(statSync(join(directory, 'data', 'secret-key')).mode & 0o777).toBe(0o600);
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('on SIGTERM is not ready at once, finishes what runs, and ends with 0', async () => {
    const { child, url } = await startProcess({ ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: PASSWORD });
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
    child.kill('SIGTERM');
    const draining = await untilStatus(`${url}/readyz`, 503);
    expect(await draining.json()).toMatchObject({ checks: { process: 'draining' } });
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200);
    slow.end('refresh_token');
    expect(await answered).toBe(400);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('that cannot listen leaves the set-up link of the one that runs as it is, and its pages too', async () => {
    const data = join(directory, 'taken');
    const { child, url, output } = await startProcess({ DATA_DIR: data });
    const link = /\/setup\?token=\S+/.exec(output())?.[0] ?? '';
    const second = spawn(process.execPath, ['bin/portaria.js', 'start'], {
      env: { PATH: process.env['PATH'], DATA_DIR: data, PORT: new URL(url).port },
    });
    const [code] = (await once(second, 'exit')) as [number];
    expect(code).toBe(1);
    expect((await fetch(url + link)).status).toBe(200);
    // A third one, with an issuer of its own, on the same database.
    const third = await startProcess({ DATA_DIR: data });
    const issuer = url.replace('127.0.0.1', 'localhost');
    const page = await new Browser(issuer).get('/sign-in');
    expect([page.status, page.url.includes('/interaction/')]).toEqual([200, true]);
    for (const { child: process_ } of [{ child }, third]) {
      process_.kill('SIGINT');
      await once(process_, 'exit');
    }
  });

  it('two at once on one fresh directory share one database, and kill -9 of one loses nothing', async () => {
    const data = join(directory, 'shared');
    const [one, two] = await Promise.all([
      startProcess({ DATA_DIR: data }),
      startProcess({ DATA_DIR: data }),
    ]);
    const client = await postForm<{ device_code: string }>(`${one.url}/oauth/device_authorization`, {
      client_id: 'cli',
    });
    expect(client.status).toBe(200);
    one.child.kill('SIGKILL');
    await once(one.child, 'exit');
    const poll = await postForm(`${two.url}/oauth/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'cli',
      device_code: client.body.device_code,
    });
    expect(poll.body.error).toBe('authorization_pending');
    two.child.kill('SIGINT');
    await once(two.child, 'exit');
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
