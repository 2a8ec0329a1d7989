// Asking an address that somebody else has named: which addresses are nobody's business, and what an answer may not be.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressList, isPublicAddress } from '../../src/base/addresses.ts';
import { fetchFromStranger } from '../../src/base/fetch.ts';
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
