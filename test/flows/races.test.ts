// Two nodes on one database, many requests at once: whatever may be used once is used once (RFC 6749 §10.5, RFC 9700
// §2.1.1), and whoever comes second gets a refusal, never a fault. Refresh
// tokens, which may be sent twice, are in refresh.test.ts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  postForm,
  REDIRECT_URI,
  signIn,
  type Answer,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TRIES = 30;

let first: Portaria;
let second: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startPortaria({ ISSUER: first.url }, { database: first.database });
  await addPerson(first);
  client = await addClient(first, 'tickets');
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

/** The same request many times at once, by turns at both nodes. */
function everywhere(fields: Record<string, string>): Promise<Answer[]> {
  const nodes = [first.address, second.address];
  return Promise.all(
    Array.from({ length: TRIES }, (_, index) => postForm(`${nodes[index % 2]}/oauth/token`, fields, client)),
  );
}

function statuses(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function auditCount(event: string): Promise<number> {
  const rows = await first.database.database.query<{ n: number }>(
    'select count(*)::int as n from audit_events where event = $1',
    [event],
  );
  return rows[0]?.n ?? 0;
}

describe('many requests at once over two nodes', () => {
  it('use one authorization code once', async () => {
    const request = authorizationRequest(first, { client_id: client.id });
    const code = codeIn(await signIn(new Browser(first.url), request.url));
    const before = await auditCount('token.issued');
    const answers = await everywhere({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: request.verifier,
    });
    expect(statuses(answers)).toEqual({ 200: 1, 400: TRIES - 1 });
    expect(new Set(answers.filter(({ status }) => status === 400).map(({ body }) => body.error))).toEqual(
      new Set(['invalid_grant']),
    );
    expect((await auditCount('token.issued')) - before).toBe(1);
  });

  it('consume one device code once', async () => {
    await addClient(first, 'terminal', {
      isNative: true,
      isPublic: true,
      grantTypes: ['device_code', 'refresh_token'],
    });
    const device = await postForm<{ device_code: string; user_code: string }>(
      `${first.url}/oauth/device_authorization`,
      { client_id: 'terminal', scope: 'openid' },
    );
    const browser = new Browser(first.url);
    const entered = await browser.submit(await browser.get('/device'), { user_code: device.body.user_code });
    const confirmed = await browser.submit(entered, { confirm: 'yes' });
    const consent = await browser.submit(
      confirmed,
      { login: 'ana', password: 'a password that is long enough' },
      '/login',
    );
    const done = await browser.submit(consent, { decision: 'allow' }, '/consent');
    expect(done.text).toContain('connected</h1>');
    const nodes = [first.address, second.address];
    const answers = await Promise.all(
      Array.from({ length: TRIES }, (_, index) =>
        postForm(`${nodes[index % 2]}/oauth/token`, {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: device.body.device_code,
          client_id: 'terminal',
        }),
      ),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 400: TRIES - 1 });
  });

  it('leave a session ended that somebody signs out of while another tab goes on', async () => {
    const browser = new Browser(first.url);
    await signIn(browser, authorizationRequest(first, { client_id: client.id }).url);
    const tab = new Browser(first.url);
    tab.cookies = [...browser.cookies];
    const confirm = await browser.get('/oauth/logout');
    await Promise.all([
      browser.submit(confirm, { logout: 'yes' }),
      ...Array.from({ length: 10 }, () => tab.get(authorizationRequest(first, { client_id: client.id }).url)),
    ]);
    const late = new Browser(first.url);
    late.cookies = tab.cookies.filter(({ name }) => name.startsWith('portaria_session'));
    const page = await late.get(authorizationRequest(first, { client_id: client.id }).url);
    expect(page.url).toContain('/interaction/');
  });
});
