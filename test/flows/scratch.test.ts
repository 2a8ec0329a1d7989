import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, authorizationRequest, codeIn, exchange, postForm, refresh, signIn, verify, tokensFor, REDIRECT_URI } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { approveDevice, poll, signOut, startDevice } from '../support/walks.ts';
let portaria: Portaria;
beforeAll(async () => { portaria = await startPortaria(); await addPerson(portaria); });
afterAll(() => portaria.stop());

async function pushed(client: { id: string; secret: string }, extra: Record<string, string>) {
  const { url, verifier } = authorizationRequest(portaria, { client_id: client.id, ...extra });
  const fields = Object.fromEntries(new URL(url).searchParams);
  const par = await postForm<{ request_uri: string }>(`${portaria.url}/oauth/par`, fields, client);
  console.log(par.status, par.body);
  const browser = new CarefulBrowser(portaria.url);
  const page = await signIn(browser, `${portaria.url}/oauth/authorize?client_id=${client.id}&request_uri=${encodeURIComponent(par.body.request_uri)}`);
  const { body } = await exchange(portaria, client, codeIn(page), verifier);
  await signOut(browser);
  return { body, status: (await verify(portaria, body.access_token)).status };
}
it('par offline', async () => {
  const client = await addClient(portaria, 'tickets');
  const r = await pushed(client, { scope: 'openid offline_access' });
  console.log('offline via par: scope', r.body.scope, r.status);
  const s = await pushed(client, { scope: 'openid', portaria_offline: '1' });
  console.log('smuggled via par: ', s.body.scope, s.status);
  const browser = new CarefulBrowser(portaria.url);
  const rq = authorizationRequest(portaria, { client_id: client.id, portaria_offline: '1' });
  const { body } = await exchange(portaria, client, codeIn(await signIn(browser, rq.url)), rq.verifier);
  await signOut(browser);
  console.log('smuggled via query', (await verify(portaria, body.access_token)).status);
  const n = await pushed(client, { scope: '' });
  console.log('no scope via par: ', n.body, n.status);
});
it('mix', async () => {
  const both = await addClient(portaria, 'both', { isPublic: true, grantTypes: ['authorization_code', 'refresh_token', 'device_code'] });
  const browser = new CarefulBrowser(portaria.url);
  const rq = authorizationRequest(portaria, { client_id: 'both' });
  const ex = (code: string, verifier: string) => postForm<any>(`${portaria.url}/oauth/token`, { client_id: 'both', grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier });
  const web = await ex(codeIn(await signIn(browser, rq.url)), rq.verifier);
  const device = await startDevice(portaria, 'both');
  await approveDevice(browser, device);
  const dev = await poll(portaria, 'both', device);
  console.log('web after device', (await verify(portaria, web.body.access_token)).status, 'dev', (await verify(portaria, dev.body.access_token)).status);
  const rq2 = authorizationRequest(portaria, { client_id: 'both' });
  const web2 = await ex(codeIn(await browser.get(rq2.url)), rq2.verifier);
  await postForm(`${portaria.url}/oauth/revoke`, { token: web2.body.refresh_token, client_id: 'both' });
  console.log('dev after revoke of web2', (await verify(portaria, dev.body.access_token)).status);
  // native cli: offline persists
  const d2 = await startDevice(portaria, 'cli');
  await approveDevice(browser, d2);
  const t2 = await poll(portaria, 'cli', d2);
  console.log('cli', t2.status);
});
it('switch user on device', async () => {
  const b = new CarefulBrowser(portaria.url);
  const rq = authorizationRequest(portaria, { client_id: 'tickets', response_mode: 'form_post' });
  const page = await signIn(b, rq.url);
  console.log(page.status, page.url, page.headers.get('content-security-policy'), page.text.slice(0, 1500));
});
it('max_age / prompt=login / id_token_hint', async () => {
  const b = new CarefulBrowser(portaria.url);
  await signIn(b, authorizationRequest(portaria, { client_id: 'tickets' }).url);
  const p = await b.get(authorizationRequest(portaria, { client_id: 'tickets', prompt: 'login' }).url);
  console.log('prompt login', p.status, p.url.slice(0, 60));
  const c = await b.get(authorizationRequest(portaria, { client_id: 'tickets', prompt: 'consent', scope: 'openid offline_access' }).url);
  console.log('prompt consent', c.status, c.url.slice(0, 60), c.text.match(/<h1>.*<\/h1>/)?.[0]);
  const q = await b.submit(c, { decision: 'allow' }, '/consent');
  console.log(q.url);
  const s = await b.get(authorizationRequest(portaria, { client_id: 'tickets', prompt: 'select_account' }).url);
  console.log('select_account', s.status, s.url.slice(0, 200));
  const cr = await b.get(authorizationRequest(portaria, { client_id: 'tickets', prompt: 'create' }).url);
  console.log('create', cr.status, cr.url.slice(0, 200));
});
