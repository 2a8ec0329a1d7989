// JSON login while something that it stands on is away: "not now" in the form of an answer, never "no", and no socket is lost by it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addApp, login, tokensOf } from '../support/json-login.ts';
import { freePort } from '../support/ports.ts';
import { addPerson } from '../support/people.ts';
import { DatabaseDoor } from '../support/database-away.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { openSocket } from '../support/sockets.ts';

let portaria: Portaria;
let door: DatabaseDoor;

beforeAll(async () => {
  // Nobody listens there.
  portaria = await startPortaria({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
  await addPerson(portaria);
  await addApp(portaria);
  door = await DatabaseDoor.of(portaria.database);
});
afterEach(() => door.allowConnections(true));
afterAll(async () => {
  await portaria.stop();
  await door.close();
});

describe('while the database is away', () => {
  it('says 503 and when to come again, through both doors, and forgets nobody', async () => {
    const [socket, idle] = [await openSocket(portaria), await openSocket(portaria)];
    const tokens = await socket.login();
    expect(tokens.ok).toBe(true);
    await door.allowConnections(false);
    const refused = await login(portaria);
    expect(refused).toMatchObject({
      status: 503,
      payload: { action: 'login', ok: false, error: 'temporarily_unavailable' },
    });
    expect(refused.payload.retry_after).toBe(Number(refused.headers.get('retry-after')));
    const question = { action: 'refresh', refresh_token: tokens.refresh_token };
    expect(await socket.say(question)).toMatchObject({ ok: false, error: 'temporarily_unavailable' });
    await door.allowConnections(true);
    // A connection or two may still be found dead.
    let again = await socket.say(question);
    while (again.error === 'temporarily_unavailable') again = await socket.say(question);
    expect(again.ok).toBe(true);
    expect([socket.isOpen, idle.isOpen]).toEqual([true, true]);
  });
});

describe('while Redis is away', () => {
  it('counts guesses all the same, and closes the sockets of those who are signed out', async () => {
    const id = await addPerson(portaria, 'bea');
    const socket = await openSocket(portaria);
    await socket.login('bea');
    await tokensOf(portaria, { username: 'bea' });
    await portaria.services.administration.signOut(id);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    for (let n = 0; n < 10; n += 1) {
      expect((await login(portaria, { username: 'bea', password: `guess ${n}` })).status).toBe(401);
    }
    expect((await login(portaria, { username: 'bea' })).status).toBe(429);
  });
});
