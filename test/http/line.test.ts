// A line in front of what costs much: a few inside, the others in their order, whoever hangs up is forgotten, and the rest of
// the world passes by.
import { once } from 'node:events';
import { createServer, request, type ClientRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from '@jest/globals';
import { inLine } from '../../src/http/line.ts';
import { until } from '../support/redis.ts';

let server: Server;
const inside = new Map<string, ServerResponse>();

/** A room whose visitors stay until they are answered. */
async function openRoom(limit: number, lineLimit: number): Promise<(path: string) => ClientRequest> {
  const isCostly = ({ url }: { url?: string | undefined }) => url !== '/cheap';
  server = createServer(
    inLine({ isCostly, limit, lineLimit }, ({ url = '' }, response) => inside.set(url, response)),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return (path) =>
    request({ port, path, host: '127.0.0.1', agent: false }, (response) => response.resume())
      .on('error', () => {})
      .end();
}

const isInside = (...paths: string[]) =>
  until(async () => [...inside.keys()].sort().join() === paths.sort().join());

function answer(path: string): void {
  inside.get(path)?.end('done');
  inside.delete(path);
}

afterEach(() => {
  inside.clear();
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
    await once(tired, 'socket');
    await new Promise((resolve) => setTimeout(resolve, 50));
    tired.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    enter('/3');
    answer('/1');
    await isInside('/3');
  });

  it('has an end: whoever comes later goes in, to be refused there', async () => {
    const enter = await openRoom(1, 1);
    enter('/1');
    await isInside('/1');
    enter('/2');
    await new Promise((resolve) => setTimeout(resolve, 50));
    enter('/3');
    await isInside('/1', '/3');
    answer('/3');
    answer('/1');
    await isInside('/2');
  });
});
