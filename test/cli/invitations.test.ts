// portaria users invite, beside a running server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { json, newFolder, portaria as run, type Settings } from '../support/processes.ts';

const folder = newFolder();
let portaria: Portaria;
let settings: Settings;

beforeAll(async () => {
  portaria = await startPortaria({ SIGN_UP: 'invite' });
  settings = {
    ISSUER: portaria.url,
    DATABASE_URL: portaria.database.url,
    DATA_DIR: folder.path,
    SECRET_KEY,
    SIGN_UP: 'invite',
  };
});
afterAll(async () => {
  await portaria.stop();
  folder.remove();
});

it('sends a link with which somebody makes an account, and prints it', async () => {
  const invited = await json('users invite --email guest@example.com --expires 2d', settings);
  expect(invited).toEqual({
    email: 'guest@example.com',
    link: expect.stringMatching(`^${portaria.url}/sign-up/open\\?token=`),
    expires_at: expect.any(String),
  });
  const browser = new CarefulBrowser(portaria.url);
  const form = await browser.get(String(invited['link']));
  const done = await browser.submit(form, { name: 'Guest', password: 'a sentence that nobody else says' });
  expect([done.status, new URL(done.url).pathname]).toEqual([200, '/sign-up/done']);
  const { stdout } = await run('users show guest@example.com', settings);
  expect(stdout).toContain('Guest');
});

it.each([
  ['--email guest', 'valid e-mail address'],
  ['--email b@example.com --expires never', '--expires takes a duration'],
  ['--email b@example.com --expires 31d', 'up to 30d'],
])('says what is wrong with %s', async (options, words) => {
  const refused = await run(`users invite ${options}`, settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(words)]);
});
