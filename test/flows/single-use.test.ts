// Two nodes on one database, fifty requests at once: whatever may be used once is used once (RFC 6749 §10.5, RFC 7523 §3,
// RFC 8628 §3.5, RFC 9126 §7.3, RFC 9449 §11.1), and whoever comes second gets a refusal, never a fault.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, formsOf, type Page } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  PASSWORD,
  postForm,
  REDIRECT_URI,
  signIn,
  signInForCode,
  verify,
  type Answer,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { assertion, dpopProof, makeKey } from '../support/proofs.ts';
import { approveDevice, poll, startDevice } from '../support/walks.ts';

const TRIES = 50;
const key = makeKey();

let first: Portaria;
let second: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  await addPerson(first);
  client = await addClient(first, 'tickets');
  await addClient(first, 'terminal', {
    isNative: true,
    isPublic: true,
    isFirstParty: true,
    grantTypes: ['device_code', 'refresh_token'],
  });
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

/** The same thing fifty times at once, by turns at both nodes. */
function everywhere<T>(work: (node: Portaria, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(
    Array.from({ length: TRIES }, (_, index) => work(index % 2 === 0 ? first : second, index)),
  );
}

function outcomes(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = status === 200 ? 'ok' : `${status} ${body.error}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

async function auditCount(event: string): Promise<number> {
  const rows = await first.database.database.query<{ n: number }>(
    'select count(*)::int as n from audit_events where event = $1',
    [event],
  );
  return rows[0]?.n ?? 0;
}

function codeFields(): Promise<Record<string, string>> {
  return signInForCode(first, { client_id: client.id });
}

describe('of fifty requests at once over two nodes one gets through', () => {
  it('with one authorization code', async () => {
    const fields = await codeFields();
    const before = await auditCount('token.issued');
    const answers = await everywhere(({ address }) => postForm(`${address}/oauth/token`, fields, client));
    expect(outcomes(answers)).toEqual({ ok: 1, '400 invalid_grant': TRIES - 1 });
    expect((await auditCount('token.issued')) - before).toBe(1);
  });

  it('with one device code', async () => {
    const device = await startDevice(first, 'terminal', 'openid');
    await approveDevice(new Browser(first.url), device);
    const answers = await everywhere((node) => poll({ ...node, url: node.address }, 'terminal', device));
    const { ok, ...refused } = outcomes(answers);
    expect(ok).toBe(1);
    // Fifty polls at once are forty-nine too many by themselves (§3.5), whoever was faster.
    expect(Object.keys(refused).every((outcome) => /^400 (invalid_grant|slow_down)$/.test(outcome))).toBe(
      true,
    );
  });

  it('with one client assertion', async () => {
    await addClient(first, 'signer', {
      redirectUris: [],
      grantTypes: ['client_credentials'],
      scope: 'read',
      jwks: { keys: [key.jwk] },
    });
    const fields = { grant_type: 'client_credentials', ...assertion(key, 'signer', first.url) };
    const answers = await everywhere(({ address }) => postForm(`${address}/oauth/token`, fields));
    expect(outcomes(answers)).toEqual({ ok: 1, '401 invalid_client': TRIES - 1 });
  });

  it('with one DPoP proof, whichever endpoint it is shown at', async () => {
    const proof = dpopProof(key, { url: `${first.url}/oauth/token` });
    const machine = await addClient(first, 'machine', { grantTypes: ['client_credentials'], scope: 'read' });
    const fields = { grant_type: 'client_credentials' };
    const answers = await everywhere(({ address }) =>
      postForm(`${address}/oauth/token`, fields, machine, { dpop: proof }),
    );
    expect(outcomes(answers)).toEqual({ ok: 1, '400 invalid_grant': TRIES - 1 });

    const { access_token: token } = (
      await postForm(`${first.url}/oauth/token`, await codeFields(), client, {
        dpop: dpopProof(key, { url: `${first.url}/oauth/token` }),
      })
    ).body;
    const shown = dpopProof(key, { url: `${first.url}/oauth/userinfo`, method: 'GET', accessToken: token });
    const statuses = await everywhere(async ({ address }) => {
      const headers = { authorization: `DPoP ${token}`, dpop: shown };
      return (await fetch(`${address}/oauth/userinfo`, { headers })).status;
    });
    expect([200, 401].map((status) => statuses.filter((one) => one === status).length)).toEqual([
      1,
      TRIES - 1,
    ]);
  });

  it('with one pushed request, in fifty tabs of one person', async () => {
    const browser = new Browser(first.url);
    await signIn(browser, authorizationRequest(first, { client_id: client.id }).url);
    const { address, verifier } = await push();
    const pages = await everywhere(async (node) => {
      const answer = await browser.request(address.replace(first.url, node.address));
      return {
        status: answer.status,
        location: answer.headers.get('location') ?? '',
        text: await answer.text(),
      };
    });
    const codes = pages.map(({ location }) => URL.parse(location)?.searchParams.get('code')).filter(Boolean);
    expect(codes).toHaveLength(1);
    expect(pages.filter(({ status }) => status >= 500)).toEqual([]);
    const fields = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: verifier };
    const answer = await postForm(`${first.url}/oauth/token`, { ...fields, code: codes[0] ?? '' }, client);
    expect(answer.status).toBe(200);
  });

  it('with one user code, when two people say at once that it is theirs', async () => {
    await addPerson(first, 'bia');
    const people = await Promise.all(
      ['ana', 'bia'].map(async (login) => {
        const browser = new Browser(first.url);
        await signIn(browser, authorizationRequest(first, { client_id: client.id }).url, login);
        return { login, browser };
      }),
    );
    const device = await startDevice(first, 'terminal', 'openid profile');
    const forms = await Promise.all(
      people.map(async ({ browser }) => {
        const page = await browser.submit(await browser.get('/device'), { user_code: device.user_code });
        return formsOf(page.text)[0]?.fields;
      }),
    );
    const answers = await everywhere(async (node, index) => {
      const person = index % 4 < 2 ? 0 : 1;
      const body = new URLSearchParams({ ...forms[person], confirm: 'yes' });
      const answer = await people[person]?.browser.request(`${node.address}/device`, {
        method: 'POST',
        body,
      });
      return {
        person,
        status: answer?.status ?? 500,
        location: answer?.headers.get('location') ?? undefined,
      };
    });
    const [winner, ...others] = answers.filter(({ location }) => location !== undefined);
    expect([winner !== undefined, others, answers.filter(({ status }) => status >= 500)]).toEqual([
      true,
      [],
      [],
    ]);
    const { login, browser } = people[winner?.person ?? 0] as (typeof people)[number];
    const consent: Page = await browser.get(winner?.location ?? '');
    await browser.submit(consent, { decision: 'allow' }, '/consent');
    const token = (await poll(first, 'terminal', device)).body.access_token;
    expect((await verify(first, token)).body).toMatchObject({ active: true, username: login });
  });
});

/** RFC 9126 §2: pushes a request. Answers the address to send the browser to. */
async function push(): Promise<{ address: string; verifier: string }> {
  const { url, verifier } = authorizationRequest(first, { client_id: client.id });
  const fields = Object.fromEntries(new URL(url).searchParams);
  const answer = await postForm<{ request_uri: string }>(`${first.url}/oauth/par`, fields, client);
  expect(answer.status).toBe(201);
  const query = new URLSearchParams({ client_id: client.id, request_uri: answer.body.request_uri });
  return { address: `${first.url}/oauth/authorize?${query}`, verifier };
}

describe('a pushed request (RFC 9126)', () => {
  it('may be opened again until the sign-in is done, and then says what to do', async () => {
    const browser = new Browser(first.url);
    const { address } = await push();
    expect((await browser.get(address)).text).toContain('name="password"');
    const again = await browser.get(address);
    const done = await browser.submit(again, { login: 'ana', password: PASSWORD }, '/login');
    expect(codeIn(done)).toBeTruthy();

    const reloaded = await browser.get(address);
    expect([reloaded.status, new URL(reloaded.url).host]).toEqual([400, new URL(first.url).host]);
    expect(reloaded.text).toContain('Start again');
  });

  it('is of use to the client that pushed it only', async () => {
    await addClient(first, 'other');
    const { address } = await push();
    const page = await new Browser(first.url).get(
      address.replace(`client_id=${client.id}`, 'client_id=other'),
    );
    expect([page.text.includes('name="password"'), page.url.includes('code=')]).toEqual([false, false]);
  });
});
