// Refreshes on two nodes while what they stand on ends, and old refresh tokens in the hands of others: nothing comes back to
// life, and nobody but its owner ends a sign-in.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { addClient, addPerson, postForm, tokensFor, verify, type TokenAnswer } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

let first: Portaria;
let second: Portaria;
let web: { id: string; secret: string };
let other: { id: string; secret: string };
beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  web = await addClient(first, 'web');
  other = await addClient(first, 'other');
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

function send(node: Portaria, token = '', client = web, fields: Record<string, string> = {}) {
  return postForm(
    `${node.address}/oauth/token`,
    { grant_type: 'refresh_token', refresh_token: token, ...fields },
    client,
  );
}

describe('of refreshes that are under way nothing is alive after', () => {
  const ends: [string, (id: string, tokens: TokenAnswer) => Promise<unknown>][] = [
    ['sign-out everywhere', (id) => first.services.administration.signOut(id)],
    ['a block', (id) => first.services.administration.block(id)],
    [
      'a new password',
      (id) => second.services.administration.update(id, { password: 'another password, long enough' }),
    ],
    [
      'the revocation of the token',
      (_id, { refresh_token: token = '' }) => postForm(`${second.address}/oauth/revoke`, { token }, web),
    ],
  ];

  it.each(ends)('%s', async (what, end) => {
    for (const delayMs of [0, 3, 8]) {
      const name = `${what.replaceAll(' ', '-')}-${delayMs}`;
      const id = await addPerson(first, name);
      const tokens = await tokensFor(first, web, { login: name, scope: 'openid offline_access' });
      const nodes = [first, second, first, second, first, second];
      const [answers] = await Promise.all([
        Promise.all(
          nodes.map((node, index) => sleep(index * 2).then(() => send(node, tokens.refresh_token))),
        ),
        sleep(delayMs).then(() => end(id, tokens)),
      ]);
      expect((await send(first, tokens.refresh_token)).status).toBe(400);
      for (const { body } of answers.filter(({ status }) => status === 200)) {
        expect((await send(second, body.refresh_token)).status).toBe(400);
        expect((await verify({ ...first, url: first.address }, body.access_token)).status).toBe(401);
      }
    }
  });
});

describe('whoever has old refresh tokens of another', () => {
  it('ends nothing without being its client, or by asking for what it never gave', async () => {
    await addPerson(first);
    const { refresh_token: oldest } = await tokensFor(first, web);
    const { refresh_token: older } = (await send(first, oldest)).body;
    const { body: latest } = await send(first, older);
    for (const token of [oldest, older, latest.refresh_token]) {
      expect((await send(first, token, other)).status).toBe(400);
      expect((await send(first, token, { id: 'web', secret: 'a wrong secret' })).status).toBe(401);
      expect((await send(first, token, { id: 'cli', secret: '' })).status).toBe(400);
      expect((await send(first, token, web, { scope: 'openid admin' })).status).toBe(400);
      await postForm(`${first.address}/oauth/revoke`, { token: token ?? '' }, other);
    }
    expect((await verify(first, latest.access_token)).status).toBe(200);
    expect((await send(first, latest.refresh_token)).status).toBe(200);
  });
});
