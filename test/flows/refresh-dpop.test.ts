// RFC 9449 §5 and a refresh that is sent again: the same answer for the same key only, with a new proof each time; the
// wrong key gets nothing and ends nothing.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addClient, addPerson, postForm, signInForCode, type Answer } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { dpopProof, makeKey, type Key } from '../support/proofs.ts';

let first: Portaria;
let second: Portaria;
let web: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  await addPerson(first);
  web = await addClient(first, 'tickets');
  await addClient(first, 'browser-app', { isPublic: true });
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

describe.each([
  ['confidential', (): { id: string; secret?: string } => web],
  ['public', (): { id: string; secret?: string } => ({ id: 'browser-app' })],
])('a %s client with a key', (_, client) => {
  const key = makeKey();
  const proofOf = (by: Key) => dpopProof(by, { url: `${first.url}/oauth/token` });

  function ask(fields: Record<string, string>, proof: string | undefined, node = first): Promise<Answer> {
    const { id, secret } = client();
    return postForm(
      `${node.address}/oauth/token`,
      { ...fields, ...(secret === undefined && { client_id: id }) },
      secret === undefined ? undefined : { id, secret },
      proof === undefined ? {} : { dpop: proof },
    );
  }

  function send(token: string, proof: string | undefined, node = first): Promise<Answer> {
    return ask({ grant_type: 'refresh_token', refresh_token: token }, proof, node);
  }

  async function boundToken(): Promise<string> {
    const answer = await ask(await signInForCode(first, { client_id: client().id }), proofOf(key));
    expect([answer.status, answer.body.token_type]).toEqual([200, 'DPoP']);
    return answer.body.refresh_token ?? '';
  }

  it('gets the same answer with a new proof by the same key', async () => {
    const token = await boundToken();
    const answer = await send(token, proofOf(key));
    expect([answer.status, answer.body.token_type]).toEqual([200, 'DPoP']);
    const again = await send(token, proofOf(key), second);
    expect([again.status, again.body]).toEqual([200, answer.body]);
  });

  it('gets one successor of fifty requests at once, each with a proof of its own', async () => {
    const token = await boundToken();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_unused, index) => send(token, proofOf(key), index % 2 ? first : second)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('gets nothing with another key, or without one, and keeps what it has', async () => {
    const token = await boundToken();
    const answer = await send(token, proofOf(key));
    for (const proof of [proofOf(makeKey()), undefined]) {
      const stolen = await send(token, proof, second);
      expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
      expect(stolen.body.error_description).toContain('DPoP key');
      expect(stolen.body).not.toHaveProperty('access_token');
    }
    expect((await send(answer.body.refresh_token ?? '', proofOf(key))).status).toBe(200);
  });

  it('gets nothing with a proof that was seen before', async () => {
    const token = await boundToken();
    const proof = proofOf(key);
    const answer = await send(token, proof);
    const recorded = await send(token, proof, second);
    expect([recorded.status, recorded.body.error]).toEqual([400, 'invalid_grant']);
    expect(recorded.body).not.toHaveProperty('access_token');
    expect((await send(answer.body.refresh_token ?? '', proofOf(key))).status).toBe(200);
  });

  it('gets nothing with a proof that is none', async () => {
    const token = await boundToken();
    const answer = await send(token, proofOf(key));
    expect((await send(token, `${proofOf(key)}x`)).status).toBe(400);
    expect((await send(answer.body.refresh_token ?? '', proofOf(key))).status).toBe(200);
  });
});
