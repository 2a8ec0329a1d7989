// Asking an address that somebody else has named: which addresses are nobody's business, and what an answer may not be.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressList, isPublicAddress } from '../../src/base/addresses.ts';
import { fetchFromStranger, postToStranger } from '../../src/base/fetch.ts';
import { startHttps, type HttpsServer } from '../support/https.ts';

describe('an address on the open internet', () => {
  it.each(['8.8.8.8', '192.0.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['this machine', ['127.0.0.1', '127.8.9.10', '0.0.0.0', '::1', '::']],
    [
      'a network of its own',
      ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1', 'fec0::1'],
    ],
    ['a link, such as the metadata of a cloud', ['169.254.169.254', 'fe80::1']],
    ["a carrier's network", ['100.64.0.1']],
    ['IPv4 in other clothes', ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '2002:7f00:1::']],
    [
      'for documents, tests and many at once',
      ['192.0.2.1', '198.18.0.1', '2001:db8::1', '224.0.0.1', 'ff02::1'],
    ],
    ['none', ['', 'localhost', '0x7f.1', '256.1.1.1']],
  ])('is not one of %s', (_what, addresses) => {
    expect(addresses.filter((address) => isPublicAddress(address))).toEqual([]);
  });
});

describe('an address that somebody else has named', () => {
  const ours = addressList(['127.0.0.1']);
  let server: HttpsServer;

  beforeAll(async () => {
    server = await startHttps((request, response) => {
      if (request.url === '/slow') response.write('…');
      else response.end(request.url);
    });
  });
  afterAll(() => server.stop());

  it('is asked, and its answer read', async () => {
    expect((await fetchFromStranger(`${server.url}/keys`, { allowed: ours })).text).toBe('/keys');
  });

  it('is asked in its turn when there are many, and each gets its own answer', async () => {
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const answers = await Promise.all(
      paths.map((path) => fetchFromStranger(server.url + path, { allowed: ours, timeoutMs: 20_000 })),
    );
    expect(answers.map(({ text }) => text)).toEqual(paths);
  });

  it.each<[string, () => string]>([
    ['is in our own network', () => server.url],
    ['is not encrypted', () => server.url.replace('https', 'http')],
    ['is no address', () => 'keys'],
    ['leads nowhere', () => 'https://nowhere.invalid/'],
  ])('is refused when it %s', async (_what, url) => {
    const allowed = addressList(_what === 'is in our own network' ? [] : ['127.0.0.1']);
    await expect(fetchFromStranger(url(), { allowed })).rejects.toMatchObject({ name: 'FetchFault' });
  });

  it('is given up when it does not come to an end', async () => {
    const fetching = fetchFromStranger(`${server.url}/slow`, { allowed: ours, timeoutMs: 200 });
    await expect(fetching).rejects.toThrow('did not answer in time');
  });
});

describe('an address that somebody else wants to be told something at', () => {
  const allowed = addressList(['127.0.0.1']);
  const message = { headers: { 'content-type': 'text/plain' }, body: 'what happened' };
  const heard: string[] = [];
  let server: HttpsServer;
  let plain: Server;
  let plainUrl: string;

  const listen: RequestListener = (request, response) => {
    void readAll(request).then((body) => {
      heard.push(`${request.method} ${request.headers['content-type']} ${body}`);
      const status = Number(/^\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 200);
      if (request.url === '/endless') response.write('a'.repeat(10_000));
      else response.writeHead(status, { location: 'https://elsewhere.example/' }).end();
    });
  };

  beforeAll(async () => {
    server = await startHttps(listen);
    plain = createServer(listen);
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await server.stop();
    plain.closeAllConnections();
    await new Promise((resolve) => plain.close(resolve));
  });

  it.each([200, 202, 204])('has heard it when it answers %i', async (status) => {
    heard.length = 0;
    await postToStranger(`${server.url}/${status}`, { ...message, allowed });
    expect(heard).toEqual(['POST text/plain what happened']);
  });

  it('may be on this machine without TLS, when it is allowed to be here at all', async () => {
    await postToStranger(plainUrl, { ...message, allowed });
    await expect(postToStranger(plainUrl, { ...message, allowed: addressList([]) })).rejects.toThrow(
      'is not a public address',
    );
  });

  it.each([
    ['http://tickets.example.com/', 'is not asked over https'],
    ['http://localhost.example.com/', 'is not asked over https'],
    ['ftp://127.0.0.1/', 'is not asked over https'],
    ['nowhere', 'is not asked over https'],
    ['https://10.0.0.1/', 'is not a public address'],
    ['https://[::1]/', 'is not a public address'],
    ['https://169.254.169.254/latest/meta-data', 'is not a public address'],
  ])('is not %s', async (address, fault) => {
    await expect(postToStranger(address, { ...message, allowed })).rejects.toThrow(fault);
  });

  it.each([
    ['/302', 'sent a redirect'],
    ['/400', 'answered 400'],
    ['/503', 'answered 503'],
  ])('has not heard it when it answers as %s does', async (path, fault) => {
    await expect(postToStranger(server.url + path, { ...message, allowed })).rejects.toThrow(fault);
  });

  it('is given up when its answer is large, or has no end', async () => {
    const endless = `${server.url}/endless`;
    await expect(postToStranger(endless, { ...message, allowed, maxBytes: 5_000 })).rejects.toThrow(
      'sent more than 5000 bytes',
    );
    await expect(postToStranger(endless, { ...message, allowed, timeoutMs: 200 })).rejects.toThrow(
      'did not answer in time',
    );
  });
});

describe('whoever answers a question with another protocol', () => {
  it.each([
    ['that it names', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'],
    ['without a name', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('%s keeps nobody waiting', async (_what, answer) => {
    const server = createTcpServer((socket) => {
      socket.unref();
      socket.on('error', () => {});
      socket.once('data', () => socket.write(answer));
    })
      .unref()
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const posting = postToStranger(`http://127.0.0.1:${port}/`, {
      allowed: addressList(['127.0.0.1']),
      headers: {},
      body: 'a message',
      timeoutMs: 500,
    });
    await expect(posting).rejects.toMatchObject({ name: 'FetchFault' });
    server.close();
  });
});
