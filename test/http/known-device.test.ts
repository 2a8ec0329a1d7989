// The cookie of a known device where the issuer is https: no neighbour under the same domain can set or read it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import Koa from 'koa';
import { KnownDevices } from '../../src/accounts/known-devices.ts';
import { pinOrigin } from '../../src/http/context.ts';
import { DeviceCookie } from '../../src/http/known-device.ts';
import { buildAccountParts, makeAccount } from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;
let server: Server;
let url: string;
const devices = new KnownDevices([Buffer.alloc(32, 1)]);

beforeAll(async () => {
  test = await createTestDatabase();
  const { accounts, hasher } = buildAccountParts(test.database);
  const { id } = await makeAccount(buildAccountParts(test.database, hasher), { username: 'ana' });
  const issuer = 'https://id.example.com';
  const cookie = new DeviceCookie(devices, accounts, issuer);
  const app = new Koa();
  pinOrigin(app, issuer);
  app.use(async (ctx) => {
    const before = devices.find(cookie.of(ctx), { accountId: id, passwordDigest: undefined });
    await cookie.keep(ctx, id);
    ctx.body = before ?? 'nobody';
  });
  server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await test.close();
});

it('is bound to the host, to https and to us, and is read again', async () => {
  const first = await fetch(url);
  expect(await first.text()).toBe('nobody');
  const line = first.headers.get('set-cookie') ?? '';
  expect(line).toMatch(
    /^__Host-portaria_device=[^;]+; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/i,
  );
  const again = await fetch(url, { headers: { cookie: line.split(';')[0] ?? '' } });
  expect(await again.text()).toMatch(/^[\w-]{22}$/);
});
