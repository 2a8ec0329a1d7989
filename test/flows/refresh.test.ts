// A refresh that is sent twice (RFC 6749 §6, RFC 9700 §4.14.2): retries, two windows and two processes get one successor, byte
// for byte the same, for as long as nobody has used it. Whatever comes later ends the grant, and is written down.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { digest } from '../../src/base/crypto.ts';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, tokensFor, verify, type TokenAnswer } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { signOut } from '../support/walks.ts';

const SECOND = 1_000;

interface Sent {
  status: number;
  text: string;
  body: TokenAnswer;
}

let first: Portaria;
let second: Portaria;
let accountId: string;
let web: { id: string; secret: string };
const program = { id: 'desk-app', secret: '' };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  accountId = await addPerson(first);
  web = await addClient(first, 'tickets');
  await addClient(first, program.id, { isPublic: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

/** RFC 6749 §6, as the client is: a secret in the header, or its id in the form. */
async function send(
  token: string,
  {
    client = web,
    node = first,
    ...fields
  }: { client?: { id: string; secret: string }; node?: Portaria; scope?: string } = {},
): Promise<Sent> {
  const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  const response = await fetch(`${node.address}/oauth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Test program',
      ...(client.secret !== '' && { authorization: basic }),
    },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: token,
      ...(client.secret === '' && { client_id: client.id }),
      ...fields,
    }),
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as TokenAnswer };
}

async function firstToken(client = web, browser?: Browser): Promise<string> {
  return (await tokensFor(first, client, browser && { browser })).refresh_token ?? '';
}

async function sendWell(token: string, options?: Parameters<typeof send>[1]): Promise<Sent> {
  const sent = await send(token, options);
  expect([sent.status, sent.body.error]).toEqual([200, undefined]);
  return sent;
}

function successorIn(sent: Sent): string {
  return sent.body.refresh_token ?? '';
}

const realNow = Date.now.bind(Date);

/** From now on it is that much later. */
function later(milliseconds: number): void {
  const shift = Date.now() - realNow() + milliseconds;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + shift);
}

interface AuditRow extends Record<string, unknown> {
  event: string;
  account_id: string;
  client_id: string;
  address: string;
  agent: string;
  details: Record<string, unknown>;
}

/** What was recorded since, oldest first. */
async function auditing(): Promise<(event: string) => Promise<AuditRow[]>> {
  const { database } = first.database;
  const [last] = await database.query<{ id: string }>('select coalesce(max(id), 0) as id from audit_events');
  return (event) =>
    database.query<AuditRow>(
      `select event, account_id, client_id, host(address) as address, agent, details
         from audit_events where id > $1 and event = $2 order by id`,
      [last?.id, event],
    );
}

function replaysOf(token: string): Promise<{ answer_sealed: string; row: string }[]> {
  return first.database.database.query(
    'select answer_sealed, r::text as row from refresh_replays r where token_digest = $1',
    [digest(token)],
  );
}

describe.each([
  ['confidential', () => web],
  ['public', () => program],
])('a refresh of a %s client that is sent again', (_, client) => {
  it('gets the same answer, byte for byte', async () => {
    const token = await firstToken(client());
    const answer = await sendWell(token, { client: client() });
    const again = await sendWell(token, { client: client(), node: second });
    expect(again.text).toBe(answer.text);
    expect((await verify(first, again.body.access_token)).status).toBe(200);
  });

  it('fifty times at once over two nodes gets one successor', async () => {
    const recorded = await auditing();
    const token = await firstToken(client());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_unused, index) =>
        send(token, { client: client(), node: index % 2 ? first : second }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const issued = (await recorded('token.issued')).filter(
      ({ details }) => details['grant_type'] === 'refresh_token',
    );
    expect([issued.length, (await recorded('token.repeated')).length]).toEqual([1, 49]);
    await sendWell(successorIn(answers[0]!), { client: client() });
  });

  it('works for a long chain of refreshes, each sent twice', async () => {
    let token = await firstToken(client());
    for (let step = 0; step < 10; step++) {
      const answer = await sendWell(token, { client: client(), node: step % 2 ? first : second });
      const again = await sendWell(token, { client: client() });
      expect(again.text).toBe(answer.text);
      token = successorIn(again);
    }
  });
});

describe('the window', () => {
  it('closes when the successor is used: then the old token ends the grant, and that is recorded', async () => {
    const token = await firstToken();
    const successor = successorIn(await sendWell(token));
    const next = await sendWell(successor);
    expect((await replaysOf(token)).length).toBe(0);
    const recorded = await auditing();
    later(4 * SECOND);
    const late = await send(token);
    expect([late.status, late.body.error]).toEqual([400, 'invalid_grant']);
    const [row] = await recorded('grant.revoked');
    expect(row).toMatchObject({
      account_id: accountId,
      client_id: web.id,
      address: '127.0.0.1',
      agent: 'Test program',
      details: {
        reason: expect.stringContaining('used again'),
        token: digest(token).toString('base64url').slice(0, 8),
      },
    });
    expect(row?.details['seconds_after_first_use']).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(row)).not.toContain(token);
    expect((await send(successorIn(next))).status).toBe(400);
    expect((await verify(second, next.body.access_token)).status).toBe(401);
  });

  it('is open for thirty seconds', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    later(29 * SECOND);
    expect((await sendWell(token)).text).toBe(answer.text);
  });

  it('is not open any longer, though nobody has swept yet', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    const recorded = await auditing();
    later(30 * SECOND);
    expect((await send(token)).status).toBe(400);
    expect((await replaysOf(token)).length).toBe(1);
    expect((await recorded('grant.revoked')).length).toBe(1);
    expect((await send(successorIn(answer))).status).toBe(400);
  });

  it('is seen by whoever runs the server: who came again, how late, and how often', async () => {
    const recorded = await auditing();
    const token = await firstToken();
    await sendWell(token);
    later(7 * SECOND);
    await sendWell(token);
    const [row, ...others] = await recorded('token.repeated');
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      account_id: accountId,
      client_id: web.id,
      agent: 'Test program',
      details: { grant_type: 'refresh_token', token: digest(token).toString('base64url').slice(0, 8) },
    });
    expect(row?.details['seconds_after_first_use']).toBeGreaterThanOrEqual(7);
    const metrics = await (await fetch(`${first.url}/metrics`)).text();
    expect(metrics).toMatch(
      /portaria_token_requests_total\{grant_type="refresh_token",outcome="repeated"\} [1-9]/,
    );
  });

  it('does not begin anew with every repeat', async () => {
    const token = await firstToken();
    await sendWell(token);
    later(20 * SECOND);
    await sendWell(token);
    later(15 * SECOND);
    expect((await send(token)).status).toBe(400);
  });

  it('leaves nothing behind: the answer is sealed while it is open, and swept when it is over', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    const [replay] = await replaysOf(token);
    expect(replay?.answer_sealed).toMatch(/^v1\./);
    const { access_token: accessToken, id_token: idToken = '' } = answer.body;
    for (const secret of [token, accessToken, successorIn(answer), idToken, 'refresh_token']) {
      expect(replay?.row).not.toContain(secret);
    }
    await first.services.refreshReplays.deleteExpired();
    expect((await replaysOf(token)).length).toBe(1);
    later(31 * SECOND);
    await first.services.refreshReplays.deleteExpired();
    expect((await replaysOf(token)).length).toBe(0);
  });

  it('is the one of the client when its record says so, and 0 shuts it', async () => {
    const strict = await addClient(first, 'strict', { refreshReuseWindowSeconds: 0 });
    const token = await firstToken(strict);
    const answer = await sendWell(token, { client: strict });
    expect((await replaysOf(token)).length).toBe(0);
    expect((await send(token, { client: strict })).status).toBe(400);
    expect((await send(successorIn(answer), { client: strict })).status).toBe(400);

    const patient = await addClient(first, 'patient', { refreshReuseWindowSeconds: 120 });
    const kept = await firstToken(patient);
    const before = await sendWell(kept, { client: patient });
    later(119 * SECOND);
    expect((await sendWell(kept, { client: patient })).text).toBe(before.text);
  });
});

describe('within the window, and without ending anything,', () => {
  it('another scope is refused with a sentence', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    const other = await send(token, { scope: 'openid' });
    expect([other.status, other.body.error]).toEqual([400, 'invalid_grant']);
    expect(other.body.error_description).toMatch(/used a moment ago.*scope/);
    await sendWell(successorIn(answer));
  });

  it('the same scope in another order is the same', async () => {
    const token = await firstToken();
    const answer = await sendWell(token, { scope: 'openid email' });
    expect((await sendWell(token, { scope: 'email openid' })).text).toBe(answer.text);
  });

  it('another client gets nothing, and what the first one has lives on', async () => {
    const other = await addClient(first, 'other-tickets');
    const token = await firstToken();
    const answer = await sendWell(token);
    const recorded = await auditing();
    for (const client of [other, program]) {
      const stolen = await send(token, { client });
      expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
      expect(stolen.body).not.toHaveProperty('access_token');
    }
    expect(await recorded('grant.revoked')).toEqual([]);
    await sendWell(successorIn(answer));
  });

  it('a wrong secret gets nothing', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    expect((await send(token, { client: { ...web, secret: 'a wrong secret' } })).status).toBe(401);
    await sendWell(successorIn(answer));
  });
});

describe('a repeat gets nothing within the window', () => {
  it('once the person is blocked', async () => {
    const token = await firstToken();
    await sendWell(token);
    await first.services.administration.block(accountId);
    expect((await send(token)).status).toBe(400);
    await first.services.administration.unblock(accountId);
    expect((await send(token)).status).toBe(400);
  });

  it('when the person is blocked and nothing else has ended yet', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    await first.database.database.query('update accounts set blocked_at = now()');
    const refused = await send(token);
    await first.database.database.query('update accounts set blocked_at = null');
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
    await sendWell(successorIn(answer));
  });

  it('once the person has signed out of the browser that it is bound to', async () => {
    const browser = new Browser(first.url);
    const token = await firstToken(web, browser);
    await sendWell(token);
    await signOut(browser);
    expect((await send(token)).status).toBe(400);
  });

  it('once the browser session that it is bound to is gone, and nothing else', async () => {
    const token = await firstToken();
    await sendWell(token);
    await first.database.database.query('delete from sessions where account_id = $1', [accountId]);
    expect((await send(token)).status).toBe(400);
  });

  it('once the grant is gone, and nothing else', async () => {
    const token = await firstToken(program);
    await sendWell(token, { client: program });
    await first.database.database.query('delete from grants where account_id = $1', [accountId]);
    expect((await send(token, { client: program })).status).toBe(400);
  });

  it('once the person is signed out everywhere', async () => {
    const token = await firstToken(program);
    await sendWell(token, { client: program });
    await first.services.administration.signOut(accountId);
    expect((await send(token, { client: program })).status).toBe(400);
  });

  it('once the successor is revoked', async () => {
    const token = await firstToken();
    const answer = await sendWell(token);
    await fetch(`${first.url}/oauth/revoke`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${web.id}:${web.secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token: successorIn(answer) }),
    });
    expect((await send(token)).status).toBe(400);
  });

  it('once the client is deleted', async () => {
    const doomed = await addClient(first, 'doomed');
    const token = await firstToken(doomed);
    await sendWell(token, { client: doomed });
    await first.services.clients.delete('doomed');
    expect((await send(token, { client: doomed })).status).toBe(401);
  });
});

describe('lifetimes of a client', () => {
  it('say how long a refresh token may lie unused', async () => {
    const client = await addClient(first, 'short-lived', { refreshTokenTtlSeconds: 60 });
    const token = await firstToken(client);
    later(61 * SECOND);
    expect((await send(token, { client })).status).toBe(400);
  });

  it('say how long a chain goes on, beyond what everybody else gets too', async () => {
    const DAY = 24 * 60 * 60 * SECOND;
    const client = await addClient(first, 'long-lived', {
      isPublic: true,
      refreshTokenTtlSeconds: (399 * DAY) / SECOND,
      refreshTokenMaxAgeSeconds: (400 * DAY) / SECOND,
      scope: 'openid profile email offline_access',
    });
    const { refresh_token: token = '' } = await tokensFor(first, client, { scope: 'openid offline_access' });
    later(398 * DAY);
    const answer = await sendWell(token, { client });
    later(3 * DAY);
    expect((await send(successorIn(answer), { client })).status).toBe(400);
  });
});
