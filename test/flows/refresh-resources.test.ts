// RFC 8707 §2.2 and a refresh: it may name one of the resources that were granted. What it names is part of what makes two
// requests the same, and a wrong name costs nobody their refresh token.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  postForm,
  REDIRECT_URI,
  signIn,
  type Answer,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TICKETS = 'https://tickets.example.com/mcp';
const REPORTS = 'https://reports.example.com/';
const UNKNOWN = 'https://nobody.example.com/';

let portaria: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  const { resources } = portaria.services;
  await resources.create(TICKETS, { name: 'Tickets', scope: 'tickets.read' });
  await resources.create(REPORTS, { name: 'Reports', scope: 'reports.read' });
  client = await addClient(portaria, 'desk', { scope: 'openid tickets.read reports.read offline_access' });
});
afterAll(() => portaria.stop());

function ask(fields: Record<string, string>): Promise<Answer> {
  return postForm(`${portaria.url}/oauth/token`, fields, client);
}

function send(token: string, resource?: string): Promise<Answer> {
  return ask({ grant_type: 'refresh_token', refresh_token: token, ...(resource && { resource }) });
}

/** Good for both resources. */
async function newToken(): Promise<string> {
  const scope = 'openid tickets.read reports.read offline_access';
  const request = authorizationRequest(portaria, { client_id: client.id, scope });
  const url = new URL(request.url);
  for (const resource of [TICKETS, REPORTS]) url.searchParams.append('resource', resource);
  const code = codeIn(await signIn(new Browser(portaria.url), url.href));
  const answer = await ask({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: request.verifier,
    resource: TICKETS,
  });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body.refresh_token ?? '';
}

describe('a refresh', () => {
  // The engine finds out after it has used the token up.
  it('for a resource that was not granted is refused, and can be sent again for one that was', async () => {
    const token = await newToken();
    const refused = await send(token, UNKNOWN);
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_target']);
    const answer = await send(token, REPORTS);
    expect([answer.status, answer.body.scope]).toEqual([200, 'reports.read']);
    expect((await send(answer.body.refresh_token ?? '', TICKETS)).status).toBe(200);
  });

  it('that is sent again for the same resource gets the same answer', async () => {
    const token = await newToken();
    const answer = await send(token, TICKETS);
    const again = await send(token, TICKETS);
    expect([again.status, again.body]).toEqual([200, answer.body]);
  });

  it('that is sent again for another resource gets nothing and ends nothing', async () => {
    const token = await newToken();
    const answer = await send(token, TICKETS);
    for (const resource of [REPORTS, UNKNOWN, undefined]) {
      const other = await send(token, resource);
      expect([other.status, other.body.error]).toEqual([400, 'invalid_grant']);
      expect(other.body.error_description).toContain('resource');
    }
    expect((await send(answer.body.refresh_token ?? '', TICKETS)).status).toBe(200);
  });
});
