// A new signing key while everybody works: two nodes, none of them restarted, and clients that remember our JWKS for the
// ten minutes that they may. Nothing fails, and nothing is signed that they cannot check.
import { createPublicKey, verify as verifySignature, type JsonWebKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, postForm, refresh, tokensFor } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

const MINUTE = 60 * 1000;

interface PublicKey extends JsonWebKey {
  kid: string;
}

let first: Portaria;
let second: Portaria;
let client: { id: string; secret: string };
let rsaClient: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  await addPerson(first);
  client = await addClient(first, 'tickets', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    postLogoutRedirectUris: ['https://tickets.example.com/bye'],
  });
  rsaClient = await addClient(first, 'reports', { tokenFormat: 'jwt', signingAlgorithm: 'RS256' });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await second.stop();
  await first.stop();
});

/** From then on, for the rest of this file: time only goes forward. */
function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

async function publishedAt(node: Portaria): Promise<{ keys: PublicKey[]; headers: Headers }> {
  const response = await fetch(`${node.address}/.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: PublicKey[] };
  return { keys, headers: response.headers };
}

/** As a client does that remembers `keys`: the kid of the key that signed. Throws when none of them did. */
function signerOf(jwt: string, keys: readonly PublicKey[]): string {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    alg: string;
    kid: string;
  };
  const key = keys.find((known) => known.kid === kid);
  if (!key) throw new Error(`signed with ${kid}, which is not known`);
  const isRight = verifySignature(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: createPublicKey({ key, format: 'jwk' }), ...(alg === 'ES256' && { dsaEncoding: 'ieee-p1363' }) },
    Buffer.from(signature, 'base64url'),
  );
  if (!isRight) throw new Error(`a signature of ${kid} is wrong`);
  return kid;
}

async function currentKid(algorithm: string): Promise<string | undefined> {
  const keys = await first.services.keys.listRecords();
  return keys.find((key) => key.algorithm === algorithm && key.state === 'current')?.id;
}

/** As the jobs of both nodes do every few seconds. */
async function everybodyLooks(): Promise<void> {
  await Promise.all([first, second].map((node) => node.services.engine.reload()));
}

describe('the key set', () => {
  it('names the key that signs, the next one and, after a rotation, the previous one, and may be remembered', async () => {
    const { keys, headers } = await publishedAt(first);
    expect(headers.get('cache-control')).toBe('public, max-age=600');
    const records = await first.services.keys.listRecords();
    expect(keys.map(({ kid }) => kid).sort()).toEqual(records.map(({ id }) => id).sort());
    for (const key of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret);
  });
});

describe('a rotation under load', () => {
  it('fails no request, and everything is signed with a key that was published ten minutes before', async () => {
    const chains = await Promise.all(
      [client, rsaClient].map(async (who) => ({ who, tokens: await tokensFor(first, who) })),
    );
    passes(5 * MINUTE);
    // What a client remembers from now on for ten minutes.
    const remembered = (await publishedAt(second)).keys;
    passes(10 * MINUTE - 1_000);
    const before = { ES256: await currentKid('ES256'), RS256: await currentKid('RS256') };

    const faults: string[] = [];
    const signers = new Set<string>();
    const work = { isOver: false, answers: 0 };
    const nodes = [first, second];
    const say = (what: string) => (error: unknown) => faults.push(`${what}: ${String(error)}`);
    const expectOk = (what: string, status: number) => {
      work.answers += 1;
      if (status !== 200) faults.push(`${what}: ${status}`);
    };
    const refreshing = chains.map(async ({ who, tokens }) => {
      for (let turn = 0; !work.isOver; turn += 1) {
        const node = { ...nodes[turn % 2]!, url: nodes[turn % 2]!.address };
        const answer = await refresh(node, who, tokens.refresh_token ?? '');
        expectOk('refresh', answer.status);
        Object.assign(tokens, answer.body);
        signers.add(signerOf(answer.body.id_token ?? '', remembered));
        if (who === rsaClient) signers.add(signerOf(answer.body.access_token, remembered));
        const userinfo = await fetch(`${nodes[(turn + 1) % 2]!.address}/oauth/userinfo`, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        });
        expectOk('userinfo', userinfo.status);
        await delay(10);
      }
    });
    const machines = (async () => {
      for (let turn = 0; !work.isOver; turn += 1) {
        const node = nodes[turn % 2]!;
        const [answer, keys] = await Promise.all([
          postForm(
            `${node.address}/oauth/token`,
            // In the header, and in the form: the short way and the engine's own.
            turn % 4 < 2
              ? { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }
              : { grant_type: 'client_credentials' },
            turn % 4 < 2 ? undefined : client,
          ),
          fetch(`${node.address}/.well-known/jwks.json`),
        ]);
        expectOk('client credentials', answer.status);
        expectOk('jwks', keys.status);
        await delay(10);
      }
    })();
    const done = Promise.all([...refreshing, machines]).catch(say('a worker'));

    const enough = async (more: number) => {
      const goal = work.answers + more;
      while (work.answers < goal && faults.length === 0) await delay(10);
    };
    await enough(40);
    passes(2_000);
    const rotations = await Promise.all(
      nodes.flatMap(({ services }) =>
        (['ES256', 'RS256'] as const).map((name) => services.keys.rotate(name)),
      ),
    );
    // One node signs with the new keys while the other still signs with the old ones.
    await first.services.engine.reload();
    await enough(40);
    await everybodyLooks();
    await enough(40);
    work.isOver = true;
    await done;

    expect(faults).toEqual([]);
    expect(rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(2);
    const after = { ES256: await currentKid('ES256'), RS256: await currentKid('RS256') };
    expect([...signers].sort()).toEqual([...Object.values(before), ...Object.values(after)].sort());
  });

  it('leaves a new next key that nobody signs with, on both nodes', async () => {
    const [one, other] = await Promise.all([publishedAt(first), publishedAt(second)]);
    expect(other.keys).toEqual(one.keys);
    const tokens = await tokensFor(second, client);
    const signer = signerOf(tokens.id_token ?? '', one.keys);
    expect(signer).toBe(await currentKid('ES256'));
    // Asked for again right away, it waits: some still remember a set without the new one.
    expect(await second.services.keys.rotate('ES256')).toMatchObject({ outcome: 'scheduled' });
    await everybodyLooks();
    expect(signerOf((await tokensFor(first, client)).id_token ?? '', one.keys)).toBe(signer);
  });
});

describe('what the previous key signed', () => {
  it('still says at the sign-out who leaves', async () => {
    const browser = new Browser(first.url);
    const tokens = await tokensFor(first, client, { browser });
    const old = await currentKid('ES256');
    passes(20 * MINUTE);
    await second.services.keys.rotate('ES256');
    await everybodyLooks();
    expect(await currentKid('ES256')).not.toBe(old);
    const { keys } = await publishedAt(first);
    expect(signerOf(tokens.id_token ?? '', keys)).toBe(old);

    const query = new URLSearchParams({
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://tickets.example.com/bye',
    });
    const gone = await browser.get(`/oauth/logout?${query}`);
    expect(gone.url).toMatch(/^https:\/\/tickets\.example\.com\/bye/);
  });
});

describe('a node', () => {
  it('hears of a rotation that another one did, and publishes the same keys', async () => {
    const { provider } = second.services;
    passes(20 * MINUTE);
    await first.services.keys.rotate('ES256');
    await first.services.engine.reload();
    while (second.services.provider === provider) await delay(20);
    expect(await publishedAt(second)).toMatchObject({ keys: (await publishedAt(first)).keys });
  });

  it('goes on with the keys that it has while the database is away', async () => {
    const { provider } = second.services;
    await first.database.database.query('alter table signing_keys rename to away');
    try {
      await expect(second.services.engine.reload()).rejects.toThrow();
      expect(second.services.provider).toBe(provider);
      expect((await publishedAt(second)).keys.length).toBeGreaterThan(0);
    } finally {
      await first.database.database.query('alter table away rename to signing_keys');
    }
    expect(await second.services.engine.reload()).toBe(false);
  });
});
