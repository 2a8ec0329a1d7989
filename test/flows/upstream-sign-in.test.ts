// Sign-in through Google, Kakao, Naver, any OpenID provider and any OAuth 2.0 service, from the button to the application
// and back: who somebody becomes here, and that nobody becomes anybody when an upstream fails or lies.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, authorizationRequest, codeIn, exchange, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import {
  bento,
  startPretendUpstream,
  type Lie,
  type PretendUpstream,
  type TokenLie,
} from '../support/pretend-upstream.ts';
import { callbackFrom } from '../support/walks.ts';

let portaria: Portaria;
let upstream: PretendUpstream;
let client: { id: string; secret: string };
let people = 0;
const log: string[] = [];

beforeAll(async () => {
  upstream = await startPretendUpstream();
  portaria = await startPortaria(settings(), {
    log: createLogger('info', false, { write: (line) => void log.push(line) }),
  });
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterAll(() => Promise.all([portaria.stop(), upstream.close()]));
afterEach(() => {
  jest.restoreAllMocks();
  Object.assign(upstream, { notInIdToken: [], tokenLie: undefined, iss: upstream.url, declines: false });
  upstream.lies.clear();
});

/** Every upstream is the same pretend one, at its own paths. */
function settings(): Record<string, string> {
  const { url } = upstream;
  const plain = 'CONNECTOR_EXAMPLE_BOARD';
  const names = ['GOOGLE', 'KAKAO', 'NAVER', 'OIDC_EXAMPLE', 'OIDC_OTHER', plain];
  const credentials = names.flatMap((name) => [
    [`${name}_CLIENT_ID`, upstream.clientId],
    [`${name}_CLIENT_SECRET`, upstream.clientSecret],
  ]);
  return {
    ...(Object.fromEntries(credentials) as Record<string, string>),
    GOOGLE_ISSUER: url,
    KAKAO_URL: url,
    NAVER_URL: url,
    OIDC_EXAMPLE_ISSUER: url,
    OIDC_EXAMPLE_LABEL: 'Example Directory',
    // Nobody is there: neither the start nor a page waits for it.
    OIDC_OTHER_ISSUER: 'http://127.0.0.1:9',
    [`${plain}_AUTHORIZATION_URL`]: `${url}/plain/authorize`,
    [`${plain}_TOKEN_URL`]: `${url}/plain/token`,
    [`${plain}_USER_URL`]: `${url}/plain/user`,
    [`${plain}_EMAIL_VERIFIED_FIELD`]: 'confirmed',
  };
}

const connectors = ['google', 'kakao', 'naver', 'example', 'example-board'] as const;
type Id = (typeof connectors)[number];

/** What is asked for the last time on the way, and where the tokens come from. */
const paths: Record<Id, string[]> = {
  google: ['/token', '/jwks'],
  kakao: ['/oauth/token', '/v2/user/me'],
  naver: ['/oauth2.0/token', '/v1/nid/me'],
  example: ['/token', '/jwks'],
  'example-board': ['/plain/token', '/plain/user'],
};

/** Somebody new at all of them, who sits at every button from now on. */
function somebody(
  email = `person-${++people}@example.com`,
  isVerified = true,
): { name: string; email: string } {
  const number = ++people;
  const name = `Person ${number}`;
  upstream.claims = {
    ...bento,
    sub: `sub-${number}`,
    preferred_username: undefined,
    name,
    email,
    email_verified: isVerified,
  };
  const profile = { nickname: name };
  upstream.people.set('/v2/user/me', {
    id: number,
    kakao_account: { profile, email, is_email_valid: true, is_email_verified: isVerified },
  });
  upstream.people.set('/v1/nid/me', { resultcode: '00', response: { id: `naver-${number}`, name, email } });
  upstream.people.set('/plain/user', { id: number, name, email, confirmed: isVerified });
  return { name, email };
}

function request() {
  return authorizationRequest(portaria, { client_id: client.id });
}

async function callback(id: Id, browser: CarefulBrowser): Promise<string> {
  return callbackFrom(id, browser, await browser.get(request().url));
}

/** The whole walk: what the application learns about whoever pressed the button. */
async function arrive(id: Id): Promise<Record<string, unknown>> {
  const { url, verifier } = request();
  const browser = new CarefulBrowser(portaria.url);
  const code = codeIn(await browser.get(await callbackFrom(id, browser, await browser.get(url))));
  const tokens = await exchange(portaria, client, code, verifier);
  return (await verify(portaria, tokens.body.access_token)).body;
}

/** How many rows there are of whatever a sign-in could make. */
async function rows(): Promise<unknown> {
  const { database } = portaria.database;
  const counts = ['accounts', 'identities', 'sessions', 'grants', 'tokens'].map((table) =>
    database.query(`select count(*)::int as n from ${table}`).then(([row]) => [table, row?.['n']]),
  );
  return Promise.all(counts);
}

function hurry(): void {
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('too late', 'TimeoutError')), 100);
    return controller.signal;
  });
}

describe('the sign-in page', () => {
  it('has a button for each, with its name and a mark, and asks none of them', async () => {
    upstream.requests.length = 0;
    const page = await new CarefulBrowser(portaria.url).get(request().url);
    const labels = ['Google', 'Kakao', 'Naver', 'Example Directory', 'Other', 'Example Board'];
    const shown = [
      ...page.text.matchAll(/<svg class="mark".*?<\/svg>\s*<span>Continue with (.*?)<\/span>/gs),
    ];
    expect(shown.map(([, label]) => label)).toEqual(labels);
    expect(upstream.requests).toEqual([]);
  });

  it('comes back, with the others, when one of them is not there', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const failed = await browser.submit(await browser.get(request().url), {}, '/connect/other');
    expect([failed.status, failed.text.includes('not answer')]).toEqual([502, true]);
    somebody();
    const wayOn = /href="(\/interaction\/[^"?]+)"/.exec(failed.text)?.[1] ?? '';
    expect(
      codeIn(await browser.get(await callbackFrom('example', browser, await browser.get(wayOn)))),
    ).toHaveLength(43);
  });
});

describe.each(connectors)('somebody from %s', (id) => {
  it('becomes an account, the same one the next time, whatever the address is by then', async () => {
    const { name, email } = somebody();
    const isVerified = id !== 'naver';
    const first = await arrive(id);
    expect(first).toMatchObject({ name, email: isVerified ? email : null, email_verified: isVerified });
    upstream.claims = { ...upstream.claims, email: 'later@example.com' };
    expect((await arrive(id))['sub']).toBe(first['sub']);
  });

  it('has no address here when it is not verified, be it of an account here or not', async () => {
    const sub = await addPerson(portaria, `victim-${id}`);
    somebody(`victim-${id}@example.com`, false);
    const arrived = await arrive(id);
    expect(arrived).toMatchObject({ email: null, email_verified: false });
    expect(arrived['sub']).not.toBe(sub);
  });

  it('who presses Cancel there is back on the sign-in page', async () => {
    upstream.declines = true;
    const browser = new CarefulBrowser(portaria.url);
    const back = await browser.get(await callback(id, browser));
    expect([back.status, back.text.includes('name="password"')]).toEqual([200, true]);
    expect(back.text).toContain('You cancelled at');
  });

  it('is refused in another browser; the own one still goes on, once', async () => {
    somebody();
    const browser = new CarefulBrowser(portaria.url);
    const address = await callback(id, browser);
    const before = await rows();
    const stranger = new CarefulBrowser(portaria.url);
    const refused = await stranger.get(address);
    expect([refused.status, refused.text.includes('started in another browser')]).toEqual([400, true]);
    expect(stranger.cookies.filter(({ name }) => name.startsWith('portaria_session'))).toEqual([]);
    expect(await rows()).toEqual(before);
    expect(codeIn(await browser.get(address))).toHaveLength(43);
    expect((await browser.get(address)).status).toBe(410);
  });

  it('is refused at the callback of every other, in this browser and in another', async () => {
    somebody();
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get(request().url);
    const interaction = new URL(page.url).pathname;
    const address = await callbackFrom(id, browser, page);
    upstream.requests.length = 0;
    for (const other of connectors.filter((one) => one !== id)) {
      const elsewhere = address.replace(`/connect/${id}/`, `/connect/${other}/`);
      for (const visitor of [browser, new CarefulBrowser(portaria.url)]) {
        const refused = await visitor.get(elsewhere);
        expect([refused.status, refused.text.includes('cannot be continued')]).toEqual([410, true]);
      }
      // Straight to the step behind the callback, past its look at the state.
      const query = new URL(address).search;
      expect((await browser.get(`${interaction}/connect/${other}${query}`)).status).toBe(410);
    }
    expect(upstream.requests).toEqual([]);
  });
});

describe.each(connectors)('%s, when it fails', (id) => {
  const lies: Lie[] = ['500', 'not JSON', 'silence', 'endless', 'redirect'];

  it.each(paths[id].flatMap((path) => lies.map((lie): [string, Lie] => [path, lie])))(
    'is a page with a way on, and nothing else: %s says %s',
    async (path, lie) => {
      somebody();
      // The keys of a provider are remembered; another one is not known yet.
      upstream.rotate();
      const browser = new CarefulBrowser(portaria.url);
      const address = await callback(id, browser);
      const before = await rows();
      upstream.lies.set(path, lie);
      hurry();
      if (path === '/jwks') jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 90_000);
      const failed = await browser.get(address);
      jest.restoreAllMocks();
      expect([failed.status, failed.text.includes('not answer')]).toEqual([502, true]);
      expect(await rows()).toEqual(before);
      expect(browser.cookies.filter(({ name }) => name.startsWith('portaria_session'))).toEqual([]);
      expect(failed.text).toMatch(/href="\/interaction\/[^"?]+"/);
      upstream.lies.clear();
      // The state was used up by that.
      expect((await browser.get(address)).status).toBe(410);
      expect(await rows()).toEqual(before);
    },
  );
});

describe('an OpenID provider that lies', () => {
  const tokenLies: TokenLie[] = [
    'none at all',
    'unsigned',
    'signed with the secret',
    'signed with the public key as a secret',
    'signed by another key',
    'for another audience',
    'of another issuer',
    'without a nonce',
    'with another nonce',
    'expired',
  ];

  it.each(tokenLies.flatMap((lie) => (['google', 'example'] as const).map((id) => [lie, id] as const)))(
    'lets nobody in: an ID token %s (%s)',
    async (lie, id) => {
      somebody();
      const browser = new CarefulBrowser(portaria.url);
      const address = await callback(id, browser);
      const before = await rows();
      upstream.tokenLie = lie;
      const failed = await browser.get(address);
      expect([failed.status, failed.text.includes('not answer')]).toEqual([502, true]);
      expect(await rows()).toEqual(before);
      upstream.tokenLie = undefined;
      const wayOn = /href="(\/interaction\/[^"?]+)"/.exec(failed.text)?.[1] ?? '';
      const again = await callbackFrom(id, browser, await browser.get(wayOn));
      expect(codeIn(await browser.get(again))).toHaveLength(43);
    },
  );

  it.each([
    ['another issuer', 'https://elsewhere.example.com'],
    ['no issuer', null],
  ])('lets nobody in when the redirect names %s (RFC 9207)', async (_, iss) => {
    somebody();
    upstream.iss = iss;
    const browser = new CarefulBrowser(portaria.url);
    const address = await callback('example', browser);
    upstream.requests.length = 0;
    expect((await browser.get(address)).status).toBe(502);
    expect(upstream.requests).toEqual([]);
  });

  it('lets nobody in when the redirect names two issuers', async () => {
    somebody();
    const browser = new CarefulBrowser(portaria.url);
    const address = await callback('example', browser);
    const twice = await browser.get(`${address}&iss=https%3A%2F%2Felsewhere.example.com`);
    expect([twice.status, twice.text.includes('<h1')]).toEqual([400, true]);
  });
});

describe('the log', () => {
  it('says what was wrong, and holds no secret, code, state, nonce, verifier or token of all this', () => {
    const all = log.join('');
    expect(all).toContain('did not answer in time');
    expect(all).toContain('upstream_failed');
    expect(upstream.secrets.size).toBeGreaterThan(100);
    expect([...upstream.secrets].filter((secret) => all.includes(secret))).toEqual([]);
  });
});
