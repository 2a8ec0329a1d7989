// Sign-ins while the process that hashes is frozen, killed or besieged: seen over HTTP, and with WORKERS.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { freePort } from '../support/ports.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { serve } from '../support/processes.ts';
import { until } from '../support/redis.ts';

const whereItCanBeSeen = process.platform === 'linux' ? describe : describe.skip;
const isOurs = (pid: number) => read(pid, 'cmdline').includes('password-worker');

let portaria: Portaria | undefined;

afterEach(async () => {
  await portaria?.stop();
  portaria = undefined;
});

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function descendantsOf(pid: number): number[] {
  const children = read(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function signInAs(browser: Browser, page: Page, login: string, password = PASSWORD): Promise<Page> {
  return browser.submit(page, { login, password }, '/login');
}

whereItCanBeSeen('a sign-in', () => {
  it('whose hash is lost is told so and when to come back, and the next one works', async () => {
    portaria = await startPortaria();
    await addPerson(portaria);
    const [worker = 0] = descendantsOf(process.pid).filter(isOurs);
    const browser = new Browser(portaria.url);
    const page = await browser.get('/sign-in');
    process.kill(worker, 'SIGSTOP');
    const unlucky = signInAs(browser, page, 'ana');
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(worker, 'SIGKILL');
    const answer = await unlucky;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    const home = await signInAs(browser, await browser.get(page.url), 'ana');
    expect(home).toMatchObject({ status: 200, url: `${portaria.url}/` });
    expect(home.text).toContain('Ana');
  });

  it('in a flood is refused before anything is hashed, and not counted; everybody else is answered', async () => {
    portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
    await addPerson(portaria);
    const [worker = 0] = descendantsOf(process.pid).filter(isOurs);
    process.kill(worker, 'SIGSTOP');
    const { passwordSignIn } = portaria.services;
    const flood = Array.from({ length: 240 }, (_, turn) =>
      passwordSignIn.signIn({ login: `person-${turn}`, password: PASSWORD, address: `192.0.2.${turn}` }),
    );
    const outcome = Promise.allSettled(flood);
    const refused = await Promise.race(flood).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 503, retryAfterSeconds: 2 });
    expect((await fetch(`${portaria.url}/readyz`)).status).toBe(200);
    process.kill(worker, 'SIGCONT');
    const results = await outcome;
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(201);
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const counted = await portaria.database.database.query(
      `select 1 from throttles where key like 'attempts:account%' and points > 0`,
    );
    expect(counted).toHaveLength(results.filter(({ status }) => status === 'fulfilled').length);
  });

  it('works in each of several workers, and a power cut leaves no process behind', async () => {
    const database = await createTestDatabase();
    const port = await freePort();
    const server = await serve(port, {
      DATABASE_URL: database.url,
      SECRET_KEY,
      WORKERS: '2',
      ADMIN_EMAIL: 'root@example.com',
      ADMIN_PASSWORD: PASSWORD,
    });
    const pid = server.child.pid ?? 0;
    try {
      // Each on a connection of its own, and workers take turns.
      await until(async () => {
        const browser = new Browser(server.url, { connection: 'close' });
        const home = await signInAs(browser, await browser.get('/sign-in'), 'root@example.com');
        expect(home).toMatchObject({ status: 200, url: `${server.url}/` });
        // One of the primary's for the first administrator may still be there.
        return descendantsOf(pid).filter((one) => isOurs(one) && parentOf(one) !== pid).length === 2;
      });
      const workers = descendantsOf(pid).filter(isOurs);
      await server.kill();
      await until(async () => !workers.some(isOurs));
    } finally {
      await server.kill();
      await database.close();
    }
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1]);
}
