// What an administrator does with people and with the house over the API, and the rows in the audit that say who did it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { invitationOperations } from '../../../../src/routes/api/admin/invitations.ts';
import { keyOperations } from '../../../../src/routes/api/admin/keys.ts';
import { outboxOperations } from '../../../../src/routes/api/admin/outbox.ts';
import { registrationTokenOperations } from '../../../../src/routes/api/admin/registration-tokens.ts';
import { resourceOperations } from '../../../../src/routes/api/admin/resources.ts';
import { roleOperations } from '../../../../src/routes/api/admin/roles.ts';
import { sessionOperations, userOperations } from '../../../../src/routes/api/admin/users.ts';
import {
  call,
  signedInAdministrator,
  startAdministered,
  type Administered,
  type Administrator,
  type Asking,
} from '../../../support/administrators.ts';
import { Browser } from '../../../support/browser.ts';
import { addPerson, signIn } from '../../../support/people.ts';
import type { Portaria } from '../../../support/portaria.ts';

let house: Administered;
let portaria: Portaria;
let other: Portaria;
let boss: Administrator;
let asked: Asking;
let ask: Asking['ask'];

beforeAll(async () => {
  house = await startAdministered();
  ({ portaria, other, boss, asked } = house);
  ask = asked.ask;
});
afterAll(() => house.stop());

describe('people', () => {
  let id: string;
  beforeAll(() => addPerson(portaria, 'ana'));

  it('are made, shown and changed', async () => {
    const made = await ask(
      'createUser',
      {},
      {
        email: 'bia@example.com',
        username: 'bia',
        name: 'Bia',
        password: 'a password that is long enough',
        email_verified: true,
        roles: ['support'],
        tier: 'gold',
      },
    );
    id = String(made['id']);
    expect(made).toMatchObject({ username: 'bia', roles: ['support'], tier: 'gold', email_verified: true });
    for (const user of [id, 'bia', 'bia@example.com']) {
      expect(await ask('showUser', { user })).toMatchObject({ id, personal_tokens: 0 });
    }
    expect(await ask('updateUser', { user: 'bia' }, { roles: [], tier: 'free' })).toMatchObject({
      roles: [],
      tier: 'free',
    });
    expect(await asked.lastRows(2)).toEqual([
      ['account.updated', boss.id],
      ['account.created', boss.id],
    ]);
  });

  it('are listed, the newest first, page by page', async () => {
    const first = await ask('listUsers', {}, undefined, '?limit=1');
    expect(first.items).toMatchObject([{ id }]);
    const second = await ask('listUsers', {}, undefined, `?limit=1&after=${String(first['next'])}`);
    expect(second.items).toMatchObject([{ username: 'ana' }]);
  });

  it('are signed out, blocked and let in again', async () => {
    await signIn(new Browser(portaria.url), '/sign-in', 'bia');
    expect((await ask('listSessions', { user: 'bia' })).items).toHaveLength(1);
    await ask('signOutUser', { user: 'bia' });
    expect((await ask('listSessions', { user: 'bia' })).items).toEqual([]);
    expect(await ask('blockUser', { user: 'bia' })).toMatchObject({ blocked_at: expect.any(String) });
    expect(await ask('unblockUser', { user: 'bia' })).toMatchObject({ blocked_at: null });
    expect(await ask('resetSecondFactors', { user: 'bia' })).toEqual({ id, reset: false });
  });

  it('read in their history that it was an administrator, and not where that one sits', async () => {
    const browser = new Browser(portaria.url);
    await signIn(browser, '/sign-in', 'bia');
    const { text } = await browser.get('/account/history');
    const moments = [...text.matchAll(/<li>[^]*?<\/li>/g)].map(([item]) => item);
    const byOthers = moments.filter((item) => item.includes('by an administrator'));
    expect(byOthers).toHaveLength(5);
    expect(byOthers.some((item) => /127\.0\.0\.1|::1/.test(item))).toBe(false);
    expect(moments.some((item) => /127\.0\.0\.1|::1/.test(item))).toBe(true);
    const { text: data } = await browser.submit(await browser.get('/account/data'), {}, '/download');
    const { history } = JSON.parse(data) as { history: Record<string, unknown>[] };
    const rows = history.filter(({ by }) => by === 'an administrator');
    expect(rows.map(({ address, agent }) => [address, agent])).toEqual(rows.map(() => [null, null]));
    expect(rows).toHaveLength(5);
  });

  it('are invited', async () => {
    const invitation = await ask(
      'inviteUser',
      {},
      { email: 'new@example.com', language: 'ko', expires_in_seconds: 3_600 },
    );
    expect(invitation).toMatchObject({
      email: 'new@example.com',
      link: expect.stringContaining(portaria.url),
    });
  });

  it('are deleted', async () => {
    expect(await ask('deleteUser', { user: 'bia@example.com' })).toEqual({ id, deleted: true });
    expect((await call(portaria, boss.token, `GET /users/${id}`)).status).toBe(404);
    const { items = [] } = await ask('listAudit', {}, undefined, `?account=${id}&limit=1`);
    expect(items).toMatchObject([{ event: 'account.deleted', actor_id: boss.id }]);
  });

  it.each([
    ['id', '01a1b2c3-0000-7000-8000-000000000000'],
    ['permissions', ['admin']],
    ['password_digest', 'x'],
    ['blocked_at', null],
    ['isAdmin', true],
  ] as [string, unknown][])('cannot be given what is nobody’s to give: %s', async (name, value) => {
    for (const [request, rest] of [
      ['POST /users', { email: 'sly@example.com' }],
      ['PATCH /users/ana', {}],
    ] as const) {
      const { status, body } = await call(portaria, boss.token, request, { ...rest, [name]: value });
      expect([status, body['error_description']]).toEqual([
        400,
        expect.stringContaining(`${name}: there is no such`),
      ]);
    }
  });

  it('take the address from which they administered along when they leave', async () => {
    const leaving = await signedInAdministrator(portaria, 'leaving');
    const { id: ana } = await portaria.services.administration.get('ana');
    expect((await call(portaria, leaving.token, 'PATCH /users/ana', { tier: 'gold' })).status).toBe(200);
    const actOf = async () => {
      const { items = [] } = await ask('listAudit', {}, undefined, `?account=${ana}&limit=1`);
      return items[0];
    };
    expect(await actOf()).toMatchObject({ actor_id: leaving.id, address: expect.any(String) });
    const { items: acts } = await ask('listAudit', {}, undefined, '?actor=leaving');
    expect(acts).toEqual([await actOf()]);
    expect((await ask('listAudit', {}, undefined, `?actor=leaving&account=${boss.id}`)).items).toEqual([]);
    await portaria.services.ownAccount.delete(leaving.id);
    expect(await actOf()).toMatchObject({
      actor_id: leaving.id,
      address: null,
      agent: null,
      request_id: null,
    });
  });

  it('keep one administrator, whoever of the last two is faster', async () => {
    for (const [request, body] of [
      [`PATCH /users/${boss.id}`, { roles: [] }],
      [`POST /users/${boss.id}/block`, undefined],
      [`DELETE /users/${boss.id}`, undefined],
    ] as const) {
      const { status, body: answer } = await call(portaria, boss.token, request, body);
      expect([status, answer['error']]).toEqual([409, 'conflict']);
    }
    const rival = await signedInAdministrator(portaria, 'rival');
    const outcomes = await Promise.all([
      call(portaria, boss.token, `PATCH /users/${rival.id}`, { roles: [] }),
      call(other, rival.token, `PATCH /users/${boss.id}`, { roles: [] }),
    ]);
    const won = outcomes.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const left = outcomes[0]?.status === 200 ? boss : rival;
    expect((await call(portaria, left.token, 'GET /clients')).status).toBe(200);
    asked.goOnAs(left);
    boss = left;
  });
});

describe('the house', () => {
  it('tells its roles, and what they ask is changed', async () => {
    const { items = [] } = await ask('listRoles');
    expect(items.map(({ id }) => id)).toEqual(['admin', 'support']);
    const changed = await ask('updateRole', { role: 'support' }, { second_factor_required: true });
    expect(changed).toMatchObject({ id: 'support', second_factor_required: true });
    await ask('updateRole', { role: 'support' }, { second_factor_required: false });
    expect(await asked.lastRows(1)).toEqual([['role.updated', boss.id]]);
  });

  it('tells its keys without their private halves, and lets the next one sign', async () => {
    const { items = [] } = await ask('listKeys');
    expect(items).toHaveLength(6);
    const { rotations } = await ask('rotateKeys', {}, { algorithm: 'ES256', now: true });
    expect(rotations).toMatchObject([{ algorithm: 'ES256', outcome: 'rotated', forced: true }]);
    expect((await ask('rotateKeys', {}, {}))['rotations']).toHaveLength(3);
    const rows = await ask('listAudit', {}, undefined, '?since=2020-01-01T00:00:00Z');
    expect(rows.items).toContainEqual(expect.objectContaining({ event: 'key.rotated', actor_id: boss.id }));
  });

  it('keeps resources, tokens for programs that register themselves, and what waits to be told', async () => {
    const which = { identifier: 'https://tickets.example.com/mcp' };
    await ask('createResource', {}, { ...which, scope: 'tickets.read' });
    expect(await ask('updateResource', which, { name: 'Tickets' })).toMatchObject({ scope: 'tickets.read' });
    const shown = await ask('showResource', which);
    expect((await ask('listResources')).items).toEqual([shown]);
    expect(await ask('deleteResource', which)).toEqual({ ...which, deleted: true });
    expect(await asked.lastRows(1)).toEqual([['resource.deleted', boss.id]]);
    expect(await ask('createRegistrationToken', {}, {})).toMatchObject({ registration: 'off' });
    await portaria.services.database.query(
      `insert into outbox (kind, destination, body, attempts, last_fault, given_up_at)
       values ('backchannel_logout', 'client shop', '{}', 3, 'it answered 500', now())`,
    );
    expect((await ask('listMessages')).items).toEqual([]);
    const { items = [] } = await ask('listMessages', {}, undefined, '?given_up=true');
    expect(items).toMatchObject([{ destination: 'client shop', last_fault: 'it answered 500' }]);
    await ask('retryMessage', { id: String(items[0]?.['id']) });
    expect((await ask('listMessages', {}, undefined, '?given_up=true')).items).toEqual([]);
  });
});

it('has shown every operation by now', () => {
  expect([...asked.done].sort()).toEqual(
    [
      ...Object.keys({
        ...userOperations,
        ...sessionOperations,
        ...invitationOperations,
        ...roleOperations,
        ...keyOperations,
        ...resourceOperations,
        ...outboxOperations,
        ...registrationTokenOperations,
      }),
      'listAudit',
    ].sort(),
  );
});
