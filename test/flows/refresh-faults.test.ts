// A refresh that something happens to: the answer is lost, the database falls silent, a node dies, a write fails. Whatever it
// is, the program sends its request again and the person stays signed in. The faults are real ones.
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { digest } from '../../src/base/crypto.ts';
import { serve, type Server } from '../support/processes.ts';
import { addClient, addPerson, refresh, tokensFor, verify } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

let portaria: Portaria;
let client: { id: string; secret: string };
/** A node in a process of its own; between it and the database stands somebody who can keep answers to himself. */
let node: Server;
let proxy: SilentProxy;

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  client = await addClient(portaria, 'tickets');
  const { connection } = portaria.database;
  proxy = await startSilentProxy(connection);
  node = await serve(await freePort(), {
    ISSUER: portaria.url,
    SECRET_KEY,
    DATABASE_URL: `postgres://${connection.user}@${proxy.host}:${proxy.port}/${connection.database}`,
  });
});
afterEach(() => proxy.speak());
afterAll(async () => {
  await node.kill();
  await proxy.close();
  await portaria.stop();
});

async function newToken(): Promise<string> {
  return (await tokensFor(portaria, client)).refresh_token ?? '';
}

async function isUsed(token: string): Promise<boolean> {
  const rows = await portaria.database.database.query(
    'select 1 from tokens where id_digest = $1 and consumed_at is not null',
    [digest(token)],
  );
  return rows.length > 0;
}

/** Until the database has it: nothing here depends on how long that takes. */
async function untilUsed(token: string): Promise<void> {
  while (!(await isUsed(token))) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function successorsOf(token: string): Promise<number> {
  const [row] = await portaria.database.database.query<{ n: number }>(
    `select count(*)::int as n from tokens where kind = 'RefreshToken' and consumed_at is null
        and grant_digest = (select grant_digest from tokens where id_digest = $1)`,
    [digest(token)],
  );
  return row?.n ?? 0;
}

/** The retry works, so does what it gave, and there is nothing beside it. */
async function expectGoesOn(token: string): Promise<void> {
  const retried = await refresh(portaria, client, token);
  expect([retried.status, retried.body.error]).toEqual([200, undefined]);
  expect(await successorsOf(token)).toBe(1);
  expect((await verify(portaria, retried.body.access_token)).status).toBe(200);
  expect((await refresh(portaria, client, retried.body.refresh_token ?? '')).status).toBe(200);
}

describe('a refresh can be sent again', () => {
  it('when the program lost its connection before the answer came', async () => {
    const token = await newToken();
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString();
    const { hostname, port } = new URL(portaria.address);
    const socket = connect(Number(port), hostname);
    const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
    socket.write(
      `POST /oauth/token HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Basic ${basic}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
    await untilUsed(token);
    await expectGoesOn(token);
  });

  it.each(['tokens', 'refresh_replays', 'audit_events'])(
    'when the write to %s failed: nothing of it has happened',
    async (table) => {
      const token = await newToken();
      const { database } = portaria.database;
      await database.query(`create function refuse_${table}() returns trigger language plpgsql as
        $$ begin raise exception 'disk full' using errcode = '53100'; end $$`);
      await database.query(
        `create trigger refuse_it before insert on ${table} execute function refuse_${table}()`,
      );
      const failed = await refresh(portaria, client, token);
      await database.query(`drop trigger refuse_it on ${table}`);
      expect([failed.status, failed.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await isUsed(token)).toBe(false);
      await expectGoesOn(token);
    },
  );

  it('when the database has done it and could not say so', async () => {
    const token = await newToken();
    proxy.keepAnswersFrom('insert into refresh_replays');
    const failed = await refresh({ ...portaria, url: node.url }, client, token);
    proxy.speak();
    expect([failed.status, failed.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(await isUsed(token)).toBe(true);
    await expectGoesOn(token);
  });

  it('when the node died between storing and answering', async () => {
    const token = await newToken();
    proxy.keepAnswersFrom('insert into refresh_replays');
    const cut = refresh({ ...portaria, url: node.url }, client, token).then(
      () => 'an answer',
      () => 'no answer',
    );
    await untilUsed(token);
    await node.kill();
    expect(await cut).toBe('no answer');
    await expectGoesOn(token);
  });
});
