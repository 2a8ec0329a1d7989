// The address that limits and audit believe: what a trusted proxy wrote, in any of the forms in which proxies write it
// (RFC 7239 §6: with a port, in brackets, "unknown"), and never what stands left of it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, authorizationRequest } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1,::1' });
  await addPerson(portaria);
  await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());

async function addressInAudit(forwarded: string): Promise<string | undefined> {
  const browser = new Browser(portaria.url, { 'x-forwarded-for': forwarded });
  const page = await browser.get(authorizationRequest(portaria, { client_id: 'tickets' }).url);
  await browser.submit(page, { login: 'nobody', password: 'wrong' }, '/login');
  const [row] = await portaria.services.auditStore.list({ limit: 1 });
  return row?.address;
}

describe('behind a proxy that we trust', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::9]:4711', '2001:db8::9'],
    ['[2001:db8::9]', '2001:db8::9'],
  ])('nobody stands before "%s" with an address of their choice', async (written, address) => {
    const seen = await addressInAudit(`198.51.100.66, ${written}`);
    expect(seen).not.toBe('198.51.100.66');
    expect(seen).toBe(address);
  });

  it('what is no address ends the search: the proxy itself is all that we know', async () => {
    for (const written of ['unknown', '_hidden', 'fe80::1%eth0'])
      expect([written, await addressInAudit(`198.51.100.66, ${written}`)]).not.toEqual([
        written,
        '198.51.100.66',
      ]);
  });
});
