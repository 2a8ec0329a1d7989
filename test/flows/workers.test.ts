// WORKERS: several processes on one port are one server. Whoever dies is replaced, whoever is told to end finishes what
// runs, and nobody is left behind.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { portaria, serve, type Server, type Settings } from '../support/processes.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { postForm } from '../support/people.ts';
import { SECRET_KEY } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';

/** Where it can be seen at all, which is on Linux. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

let database: TestDatabase;
let server: Server;
let settings: Settings;

beforeAll(async () => {
  database = await createTestDatabase();
  settings = { DATABASE_URL: database.url, SECRET_KEY, WORKERS: '2' };
});
afterEach(() => server.kill());
afterAll(() => database.close());

async function start(more: Settings = {}): Promise<number[]> {
  server = await serve(await freePort(), { ...settings, ...more });
  return childrenOf(server.child.pid ?? 0);
}

/** Asks again and again, a minute at most, until it is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error(`it never was so: ${isSo.toString()}\n${server.said()}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** On a connection of its own each: the primary gives them to the workers in turn. */
function ask(path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(server.url + path, { agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject).end();
  });
}

async function countOf(line: string): Promise<number> {
  const { text } = await ask('/metrics');
  const found = text.split('\n').find((one) => one.startsWith(line));
  return Number(found?.slice(line.length) ?? 0);
}

/** A request whose body is still on its way; `finish` sends the rest and answers the status. */
async function slowRequest(): Promise<{ finish: () => Promise<number | undefined> }> {
  const slow = request(`${server.url}/oauth/token`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '24' },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    slow.on('response', (response) => resolve(response.resume().statusCode));
    slow.on('error', reject);
  });
  answered.catch(() => {});
  await new Promise((resolve) => slow.write('grant_type=', resolve));
  return {
    finish() {
      slow.end('refresh_token');
      return answered;
    },
  };
}

describe('two workers', () => {
  const VERIFIED = 'portaria_http_request_duration_seconds_count{route="/api/verify",status="401"} ';

  it('are one server: ready once, one set-up link, one sum of what all have counted', async () => {
    const pids = await start();
    expect(pids).toHaveLength(2);
    expect(server.said().match(/Portaria is ready/g)).toHaveLength(1);
    expect(server.said().match(/\/setup\?token=/g)).toHaveLength(1);
    expect((await ask('/readyz')).status).toBe(200);
    for (let asked = 0; asked < 10; asked++) expect((await ask('/api/verify')).status).toBe(401);
    // Whoever answers, it is the sum.
    for (let asked = 0; asked < 4; asked++) expect(await countOf(VERIFIED)).toBe(10);
  });

  it('replace the one that is killed, while the other goes on, and forget nothing that was counted', async () => {
    const pids = await start();
    for (let asked = 0; asked < 6; asked++) await ask('/api/verify');
    expect(await countOf(VERIFIED)).toBe(6);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await until(() => server.said().includes('a worker ended; another one is started'));
    for (let asked = 0; asked < 10; asked++) expect((await ask('/healthz')).status).toBe(200);
    await until(() => childrenOf(server.child.pid ?? 0).length === 2);
    expect(childrenOf(server.child.pid ?? 0)).toContain(pids[1]);
    expect(await countOf(VERIFIED)).toBe(6);
  });

  it('on SIGTERM are not ready at once, finish what runs in both, and leave nobody behind', async () => {
    const pids = await start();
    const running = [await slowRequest(), await slowRequest()];
    const exit = server.stop('SIGTERM');
    await until(async () => (await ask('/readyz')).status === 503);
    for (let asked = 0; asked < 4; asked++) {
      expect((await ask('/readyz')).text).toContain('draining');
      expect((await ask('/.well-known/jwks.json')).status).toBe(200);
    }
    for (const { finish } of running) expect(await finish()).toBe(400);
    expect(await exit).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('end by themselves when the primary is killed, after what runs', async () => {
    const pids = await start();
    const running = await slowRequest();
    // Answered by the other one: the first has read its request.
    await ask('/healthz');
    await server.kill();
    expect(await running.finish()).toBe(400);
    await until(() => !pids.some(isAlive));
    await expect(ask('/healthz')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('start another one when one of them alone is told to end', async () => {
    const pids = await start();
    process.kill(pids[0] ?? 0, 'SIGINT');
    await until(() => !isAlive(pids[0] ?? 0));
    await until(() => childrenOf(server.child.pid ?? 0).length === 2);
    expect((await ask('/healthz')).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});

describe('a start of workers that cannot be', () => {
  it('says so, and ends, when every worker dies', async () => {
    const dying = `data:text/javascript,import cluster from 'node:cluster'; if (cluster.isWorker) process.exit(9);`;
    const NODE_OPTIONS = `--import=${dying.replaceAll(' ', '%20')}`;
    const { code, stderr } = await portaria('start', {
      ...settings,
      PORT: String(await freePort()),
      NODE_OPTIONS,
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('The workers do not start'),
    });
  });

  it('says once that the port is taken', async () => {
    await start();
    const { code, stderr } = await portaria('start', { ...settings, PORT: new URL(server.url).port });
    expect(code).toBe(1);
    expect(stderr.match(/cannot listen/g)).toHaveLength(1);
    const answer = await postForm(`${server.url}/oauth/device_authorization`, { client_id: 'cli' });
    expect(answer.status).toBe(200);
  });
});
