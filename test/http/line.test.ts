// A line in front of what costs much: a few inside, the others in their order, whoever hangs up is forgotten, and the rest of
// the world passes by.
import { once } from 'node:events';
import { createServer, request, type ClientRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from '@jest/globals';
import { inLine } from '../../src/http/line.ts';
import { until } from '../support/redis.ts';

let server: Server;
/** Who came to the house, in the line or not. */
const arrived = new Map<string, ServerResponse>();
const inside = new Map<string, ServerResponse>();
const BODY = 'password=something';

/** A room whose visitors stay until they are answered. */
async function openRoom(
  limit: number,
  lineLimit: number,
): Promise<(path: string, part?: string) => ClientRequest> {
  const isCostly = ({ url }: { url?: string | undefined }) => url !== '/cheap';
  const handle = inLine({ isCostly, limit, lineLimit }, ({ url = '' }, response) =>
    inside.set(url, response),
  );
  server = createServer((incoming, response) => {
    handle(incoming, response);
    // Whatever was listening for the end before has heard of it by then.
    incoming.on('end', () => arrived.set(incoming.url ?? '', response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return (path, part = BODY) => {
    const options = { port, path, host: '127.0.0.1', agent: false, method: 'POST' };
    const headers = { 'content-length': BODY.length };
    const visitor = request({ ...options, headers }, (response) => response.resume());
    visitor.on('error', () => {}).write(part);
    return visitor;
  };
}

const isInside = (...paths: string[]) =>
  until(async () => [...inside.keys()].sort().join() === paths.sort().join());

const isThere = (path: string) => until(async () => arrived.has(path));

function answer(path: string): void {
  inside.get(path)?.end('done');
  inside.delete(path);
}

afterEach(() => {
  inside.clear();
  arrived.clear();
  server.closeAllConnections();
  server.close();
});

describe('a line', () => {
  it('lets a few in, and the next one when somebody is answered or hangs up', async () => {
    const enter = await openRoom(2, 10);
    const first = enter('/1');
    await isInside('/1');
    enter('/2');
    await isInside('/1', '/2');
    enter('/3');
    enter('/cheap');
    await isInside('/1', '/2', '/cheap');
    answer('/2');
    await isInside('/1', '/3', '/cheap');
    enter('/4');
    first.destroy();
    await until(async () => inside.has('/4'));
  });

  it('forgets whoever hangs up while waiting', async () => {
    const enter = await openRoom(1, 10);
    enter('/1');
    await isInside('/1');
    const tired = enter('/2');
    await isThere('/2');
    tired.destroy();
    await until(async () => arrived.get('/2')?.closed === true);
    enter('/3');
    await isThere('/3');
    answer('/1');
    await isInside('/3');
  });

  it('has an end: whoever comes later goes in, to be refused there', async () => {
    const enter = await openRoom(1, 1);
    enter('/1');
    await isInside('/1');
    enter('/2');
    await isThere('/2');
    enter('/3');
    await isInside('/1', '/3');
    answer('/3');
    answer('/1');
    await isInside('/2');
  });

  it('keeps no place for somebody whose body does not come', async () => {
    const enter = await openRoom(1, 10);
    const slow = enter('/slow', 'passw');
    const alsoSlow = enter('/also-slow', 'p');
    await Promise.all([slow, alsoSlow].map((visitor) => once(visitor, 'socket')));
    enter('/quick');
    await isInside('/quick');
    slow.write(BODY.slice('passw'.length));
    await isThere('/slow');
    answer('/quick');
    await isInside('/slow');
  });
});
