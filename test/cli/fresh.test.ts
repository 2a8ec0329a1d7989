// Commands on a folder in which nothing has ever run: each brings its own database and ends it.
import { afterAll, afterEach, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { json, newFolder, portaria } from '../support/processes.ts';

const folder = newFolder();
const settings = { DATA_DIR: folder.path };

afterEach(() => {
  // The last one to leave stops the server.
  expect(existsSync(`${folder.path}/postgres/data/postmaster.pid`)).toBe(false);
});

afterAll(() => folder.remove());

it('plans the migrations without changing anything, and applies them', async () => {
  const plan = await portaria('migrate plan', settings);
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  const names = plan.stdout.trimEnd().split('\n');
  expect(names[0]).toBe('001_audit');
  expect(await json('migrate status', settings)).toEqual({ applied: [], pending: names });
  expect(await json('migrate up', settings)).toEqual({ applied: names });
  expect(await json('migrate status', settings)).toEqual({ applied: names, pending: [] });
  expect((await portaria('migrate up', settings)).stdout).toBe('The schema is up to date already.\n');
});

it('makes the first administrator before any server has run', async () => {
  const create = 'users create --email boss@example.com --role admin --password -';
  const boss = await json(create, settings, 'an administrator has fifteen');
  expect(boss).toMatchObject({ roles: ['admin'], permissions: ['admin'] });
  const { code, stderr } = await portaria('users delete boss@example.com', settings);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('only administrator') });
});

it('seeds the demo once, however often it is told to', async () => {
  const refused = await portaria('seed demo', { ...settings, NODE_ENV: 'production' });
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--yes') });
  const first = await portaria('seed demo', { ...settings, ISSUER: 'http://localhost:4321' });
  expect(first.stdout).toMatch(
    /curl -u 'demo:.*grant_type=client_credentials.* http:\/\/localhost:4321\/oauth\/token/,
  );
  const again = await json('seed demo', settings);
  expect(again).toMatchObject({
    client: { client_id: 'demo', created: false },
    person: { email: 'demo@example.com', created: false },
  });
  const rows = await json<{ event: string; agent: string | null }[]>('audit list', settings);
  const seeded = rows.filter(({ agent }) => agent === 'portaria seed demo').map(({ event }) => event);
  expect(seeded).toEqual(['account.created', 'client.created']);
});
