// Guesses at the secret of a client, at every endpoint that takes one and by both ways past and through the engine.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addClient, postForm, type Answer } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let machine: { id: string; secret: string };
let other: { id: string; secret: string };
let lastAddress = 0;
let address: string;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  const grants = { grantTypes: ['client_credentials'], scope: 'read' };
  machine = await addClient(portaria, 'machine', grants);
  other = await addClient(portaria, 'other', grants);
});
afterAll(() => portaria.stop());
beforeEach(() => {
  address = `198.51.100.${++lastAddress}`;
});

interface Ask {
  path?: string;
  from?: string;
  client?: { id: string; secret: string };
}

function ask(secret: string, { path = '/oauth/token', from = address, client = machine }: Ask = {}) {
  const fields: Record<string, string> =
    path === '/oauth/token' ? { grant_type: 'client_credentials' } : { token: 'of somebody' };
  return postForm(
    `${portaria.url}${path}`,
    fields,
    { id: client.id, secret },
    {
      'x-forwarded-for': from,
    },
  );
}

async function guess(times: number, options: Ask = {}): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let turn = 0; turn < times; turn++) answers.push(await ask(`guess ${turn} at ${address}`, options));
  return answers;
}

describe('a wrong client secret', () => {
  it.each(['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/api/verify'])(
    'at %s is refused with 429 after ten, whatever comes then, and nobody else is',
    async (path) => {
      expect((await guess(10, { path })).map(({ status }) => status)).toEqual(Array(10).fill(401));
      const refused = await ask('one more', { path });
      expect(refused).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(890);
      expect((await ask(machine.secret, { path })).status).toBe(429);
      expect((await ask(machine.secret)).status).toBe(429);
      expect((await ask(machine.secret, { path, from: '203.0.113.9' })).status).toBe(200);
      expect((await ask(other.secret, { path, client: other })).status).toBe(200);
    },
  );

  it('is counted together, in the header, in the form and in JSON', async () => {
    const url = `${portaria.url}/oauth/token`;
    const headers = { 'x-forwarded-for': address };
    const fields = (secret: string) => ({
      grant_type: 'client_credentials',
      client_id: machine.id,
      client_secret: secret,
    });
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      statuses.push((await ask(`header ${turn}`)).status);
      statuses.push((await postForm(url, fields(`form ${turn}`), undefined, headers)).status);
      const json = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(fields(`json ${turn}`)),
      });
      statuses.push(json.status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  it('has no more guesses in a burst, also where the client is right all the time', async () => {
    expect((await ask(machine.secret)).status).toBe(200);
    const burst = await Promise.all(Array.from({ length: 60 }, (_, turn) => ask(`burst ${turn}`)));
    const statuses = burst.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
  });
});

describe('the right client secret', () => {
  it('is counted nowhere, at either way', async () => {
    const { database } = portaria.database;
    const counts = () => database.query('select key, points from throttles order by key');
    const before = await counts();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(machine.secret)));
    for (let turn = 0; turn < 20; turn++)
      answers.push(await ask(machine.secret, { path: '/oauth/introspect' }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await counts()).toEqual(before);
  });

  it('works at once after a change of secrets, beside a program that still sends the old one', async () => {
    const old = other.secret;
    const rotated = await portaria.services.clients.rotateSecret('other');
    other = { id: 'other', secret: rotated.secret ?? '' };
    for (let turn = 0; turn < 15; turn++) {
      expect((await ask(old, { client: other })).status).toBe(401);
      expect((await ask(other.secret, { client: other })).status).toBe(200);
    }
  });
});
