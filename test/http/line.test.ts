// A line in front of what costs much: a few inside, the others in their order, whoever hangs up while waiting is forgotten, and
// the rest of the world passes by.
import { once } from 'node:events';
import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { inLine } from '../../src/http/line.ts';
import { until } from '../support/redis.ts';

let server: Server;
/** Who came to the house, in the line or not. */
const arrived = new Map<string, ServerResponse>();
const inside = new Map<string, { response: ServerResponse; leave: () => void }>();
const BODY = 'password=something';

/** A room with work for its visitors until they are answered; the second part of a path says who sends them. */
async function openRoom(
  limit: number,
  lineLimit: number,
): Promise<(path: string, part?: string) => ClientRequest> {
  const mayBeCostly = ({ url }: { url?: string | undefined }) => url !== '/cheap';
  const isCostly = (_request: unknown, body: Buffer) => body.toString() !== 'cheap';
  const work = ({ url = '' }: IncomingMessage, response: ServerResponse) =>
    new Promise<void>((leave) => inside.set(url, { response, leave }));
  const senderOf = ({ url = '' }: IncomingMessage) => url.split('/')[2] ?? '';
  const handle = inLine({ mayBeCostly, isCostly, senderOf, limit, lineLimit }, work);
  server = createServer((incoming, response) => {
    handle(incoming, response);
    // Whatever was listening for the end before has heard of it by then.
    incoming.on('end', () => arrived.set(incoming.url ?? '', response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return (path, part = BODY) => {
    const options = { port, path, host: '127.0.0.1', agent: false, method: 'POST' };
    const headers = { 'content-length': part === 'cheap' ? part.length : BODY.length };
    const visitor = request({ ...options, headers }, (response) => response.resume());
    visitor.on('error', () => {}).write(part);
    return visitor;
  };
}

const isInside = (...paths: string[]) =>
  until(async () => [...inside.keys()].sort().join() === paths.sort().join());

const isThere = (path: string) => until(async () => arrived.has(path));

function answer(path: string): void {
  inside.get(path)?.response.end('done');
  inside.get(path)?.leave();
  inside.delete(path);
}

afterEach(() => {
  inside.clear();
  arrived.clear();
  server.closeAllConnections();
  server.close();
});

describe('a line', () => {
  it('lets those pass whose request turns out to cost nothing', async () => {
    const enter = await openRoom(1, 10);
    enter('/1');
    await isInside('/1');
    enter('/2');
    enter('/3', 'cheap');
    await isInside('/1', '/3');
  });

  it('lets a few in, and the next one when the work for somebody is done', async () => {
    const enter = await openRoom(2, 10);
    enter('/1');
    await isInside('/1');
    enter('/2');
    await isInside('/1', '/2');
    enter('/3');
    enter('/cheap');
    await isInside('/1', '/2', '/cheap');
    answer('/2');
    await isInside('/1', '/3', '/cheap');
  });

  it('keeps a place for the work of somebody who hangs up', async () => {
    const enter = await openRoom(1, 10);
    const first = enter('/1');
    await isInside('/1');
    first.destroy();
    await until(async () => arrived.get('/1')?.closed === true);
    enter('/2');
    await isThere('/2');
    expect([...inside.keys()]).toEqual(['/1']);
    answer('/1');
    await isInside('/2');
  });

  it('keeps none for an answer that nobody reads', async () => {
    const enter = await openRoom(1, 10);
    const { port } = server.address() as AddressInfo;
    const form = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
    // The second answer waits for the end of the first.
    const reader = connect(port, '127.0.0.1').on('error', () => {});
    reader.write(form('/cheap') + form('/1'));
    await isInside('/1', '/cheap');
    answer('/1');
    enter('/2');
    await isInside('/2', '/cheap');
    reader.destroy();
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

  it('lets those who send many wait for themselves: whoever sends one comes next', async () => {
    const enter = await openRoom(1, 10);
    for (const path of ['/1/many', '/2/many', '/3/many', '/4/one', '/5/many']) {
      enter(path);
      await (path === '/1/many' ? isInside(path) : isThere(path));
    }
    const order = ['/1/many', '/2/many', '/4/one', '/3/many', '/5/many'];
    for (const path of order) {
      await isInside(path);
      answer(path);
    }
  });

  it('that is full has room for whoever sends one, at the cost of those who send many', async () => {
    const enter = await openRoom(1, 2);
    enter('/1/many');
    await isInside('/1/many');
    for (const path of ['/2/many', '/3/many', '/4/one']) {
      enter(path);
      await isThere(path);
    }
    await isInside('/1/many', '/3/many');
    answer('/3/many');
    answer('/1/many');
    await isInside('/2/many', '/4/one');
  });
});
