// A database that goes away while terminals wait: 503 with Retry-After, never "unknown" and never "expired", and nothing that
// was allowed is lost by it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { DatabaseDoor } from '../support/database-away.ts';
import { addPerson } from '../support/people.ts';
import { allow, ask, askWith, begin, openLink, proof, started, type Polled } from '../support/polling.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let door: DatabaseDoor;

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  door = await DatabaseDoor.of(portaria.database);
});
afterEach(() => door.allowConnections(true));
afterAll(async () => {
  await portaria.stop();
  await door.close();
});

/** A connection or two may still be found dead. */
async function onceBack(question: () => Promise<Polled>): Promise<Polled> {
  await door.allowConnections(true);
  for (let turn = 0; turn < 5; turn++) {
    const answer = await question();
    if (answer.status !== 503) return answer;
  }
  return question();
}

describe('while the database is away', () => {
  it('a terminal hears 503 with Retry-After, and afterwards that it still waits', async () => {
    const { sessionId } = await started(portaria.address);
    await door.allowConnections(false);
    for (const answer of [
      await ask(portaria.address, sessionId),
      await askWith(portaria.address, sessionId),
      await begin(portaria.address),
    ]) {
      expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.body.request_id).toEqual(expect.any(String));
    }
    const { body } = await onceBack(() => ask(portaria.address, sessionId));
    expect(body.status).toBe('pending');
  });

  it('nothing that was allowed is read or lost, and letters are no try', async () => {
    const { verifier, challenge } = proof();
    const session = await started(portaria.address, { code_challenge: challenge });
    const browser = new CarefulBrowser(portaria.url);
    const page = await openLink(browser, session);
    await door.allowConnections(false);
    for (let tries = 0; tries < 4; tries++) {
      const pressed = await browser.submit(page, { letters: 'BBBB', decision: 'allow' });
      expect(pressed.status).toBe(503);
    }
    await onceBack(() => ask(portaria.address, session.sessionId));
    expect((await allow(browser, session)).status).toBe(200);
    await door.allowConnections(false);
    expect((await askWith(portaria.address, session.sessionId, verifier)).status).toBe(503);
    const { status, body } = await onceBack(() => askWith(portaria.address, session.sessionId, verifier));
    expect([status, body.status, typeof body.token?.access_token]).toEqual([200, 'completed', 'string']);
  });
});
