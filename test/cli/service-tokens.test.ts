// The commands for long-lived tokens of services, beside a running server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '../support/ports.ts';
import { json, newFolder, portaria, serve, type Server, type Settings } from '../support/processes.ts';

const folder = newFolder();
let settings: Settings;
let server: Server;

beforeAll(async () => {
  const port = await freePort();
  settings = { DATA_DIR: folder.path, PORT: String(port) };
  server = await serve(port, settings);
  await json(
    ['clients', 'create', '--id', 'reports', '--grant', 'client_credentials', '--scope', 'read'],
    settings,
  );
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

interface Made {
  token: string;
  fingerprint: string;
  [name: string]: unknown;
}

async function statusOf(token: string): Promise<number> {
  const response = await fetch(`${server.url}/api/verify?allow=client&client_id=reports`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.status;
}

it('a token is made, works at once, is listed without itself, and stops within the second that it is revoked', async () => {
  const made = await json<Made>(
    ['clients', 'token', 'reports', '--name', 'night', '--expires', '30d'],
    settings,
  );
  expect(made).toMatchObject({ client_id: 'reports', name: 'night', scope: 'read' });
  expect(Date.parse(String(made['expires_at'])) - Date.now()).toBeGreaterThan(29 * 86_400_000);
  expect(await statusOf(made.token)).toBe(200);

  const { stdout } = await portaria('clients tokens reports', settings);
  expect(stdout).toMatch(new RegExp(`^${made.fingerprint} +night +read .*…${made.token.slice(-4)}$`, 'm'));
  expect(stdout).not.toContain(made.token);

  await json(`clients revoke-token reports ${made.fingerprint}`, settings);
  const deadline = Date.now() + 5_000;
  while ((await statusOf(made.token)) !== 401) expect(Date.now()).toBeLessThan(deadline);
  expect(await json('clients tokens reports', settings)).toEqual([]);
});

it.each([
  ['clients token cli', /public client/],
  ['clients token reports --scope admin', /not registered for the scope admin/],
  ['clients token reports --expires 11y', /--expires takes a duration/],
  ['clients tokens nobody', /no client "nobody"/],
  ['clients revoke-token reports 000000000000', /no such token/],
])('"%s" is refused with a sentence', async (command, sentence) => {
  const { code, stdout, stderr } = await portaria(command, settings);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
});
