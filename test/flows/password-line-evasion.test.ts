// However a form with a password is sent, it waits in the line (src/http/line.ts), which takes it only when it is small and
// complete: what is too large is refused there, and whatever got past it would be answered otherwise.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const LARGE = `email=ana%40example.com&more=${'a'.repeat(9_000)}`;
const CHUNKED = `${LARGE.length.toString(16)}\r\n${LARGE}\r\n0\r\n\r\n`;

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

async function post(target: string, length: string, body: string): Promise<number> {
  const socket = connect(Number(new URL(portaria.address).port), '127.0.0.1');
  const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${length}`;
  const form = 'Content-Type: application/x-www-form-urlencoded';
  socket.write(`${head}\r\n${form}\r\n\r\n${body}`, 'latin1');
  return Number((await text(socket)).slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
}

const TARGETS: [string, string][] = [
  ['as the page sends it', '/sign-up'],
  ['with a query', '/sign-up?a=/b'],
  ['with a slash behind it, in capitals', '/SIGN-UP/'],
  ['with a host in front of it', 'http://example.com/sign-up'],
  ['with a host and the wrong slash', 'http://example.com\\sign-up'],
  ['with what no program sends behind it', '/sign-up#a'],
  ['with a space that is none behind it', '/sign-up\u00a0'],
];

describe('a form with a password waits in the line', () => {
  it.each(TARGETS)('%s', async (_, target) => {
    // 400: it is no request at all.
    expect([400, 413]).toContain(await post(target, `Content-Length: ${LARGE.length}`, LARGE));
  });

  it('in pieces of which nobody said how long they are', async () => {
    expect(await post('/sign-up', 'Transfer-Encoding: chunked', CHUNKED)).toBe(413);
    // Nothing was begun at /sign-up.
    expect(await post('/sign-up', 'Transfer-Encoding: chunked', '3\r\na=b\r\n0\r\n\r\n')).toBe(410);
  });

  it('as a part of every way that takes one', async () => {
    const ways = [
      '/interaction/one/login',
      '/interaction/one/link',
      '/reset-password/new',
      '/account/password',
    ];
    const byJson = [
      '/api/auth',
      '/API/AUTH/?a',
      '/api/auth/login',
      '/api/auth/Login/',
      '/api/auth/reset-password',
    ];
    for (const way of [...ways, ...byJson, '/setup'])
      expect(await post(way, `Content-Length: ${LARGE.length}`, LARGE)).toBe(413);
  });
});
