// One Portaria signs people in through another: an OpenID provider that is the real thing, with everything it insists on.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  PASSWORD,
  verify,
} from '../support/people.ts';
import { freePort } from '../support/ports.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let headOffice: Portaria;
let branch: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  const port = await freePort();
  headOffice = await startPortaria();
  const upstream = await addClient(headOffice, 'branch', {
    redirectUris: [`http://localhost:${port}/connect/head-office/callback`],
  });
  branch = await startPortaria({
    PORT: String(port),
    OIDC_HEAD_OFFICE_ISSUER: headOffice.url,
    OIDC_HEAD_OFFICE_CLIENT_ID: upstream.id,
    OIDC_HEAD_OFFICE_CLIENT_SECRET: upstream.secret,
  });
  client = await addClient(branch, 'tickets', { name: 'Example Tickets' });
});
afterAll(() => Promise.all([headOffice.stop(), branch.stop()]));

/** Through both houses, with a password in the first. */
async function arrive(login: string): Promise<Record<string, unknown>> {
  const { url, verifier } = authorizationRequest(branch, { client_id: client.id });
  const here = new CarefulBrowser(branch.url);
  const there = new CarefulBrowser(headOffice.url);
  const away = await here.submit(await here.get(url), {}, '/connect/head-office');
  expect(new URL(away.url).origin).toBe(headOffice.url);
  const back = await there.submit(await there.get(away.url), { login, password: PASSWORD }, '/login');
  const { searchParams } = new URL(back.url);
  expect(searchParams.get('iss')).toBe(headOffice.url);
  const tokens = await exchange(branch, client, codeIn(await here.get(back.url)), verifier);
  return (await verify(branch, tokens.body.access_token)).body;
}

describe('a person of another Portaria', () => {
  it('is one and the same person here each time, with the address that is verified there', async () => {
    await addPerson(headOffice, 'olivia');
    const first = await arrive('olivia');
    expect(first).toMatchObject({ name: 'Olivia', email: 'olivia@example.com', email_verified: true });
    expect((await arrive('olivia'))['sub']).toBe(first['sub']);
  });

  it('is somebody else than the next one, and known under another identifier than there', async () => {
    const there = await addPerson(headOffice, 'otavio');
    const [olivia, otavio] = [await arrive('olivia'), await arrive('otavio')];
    expect(new Set([there, olivia['sub'], otavio['sub']]).size).toBe(3);
  });

  it('keeps coming in after the other house has changed its signing keys', async () => {
    const before = await arrive('olivia');
    await headOffice.services.keys.rotate('ES256', { isForced: true });
    expect((await arrive('olivia'))['sub']).toBe(before['sub']);
  });
});
