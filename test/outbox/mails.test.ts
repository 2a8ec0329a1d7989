// Mails are messages of the outbox: none is lost with a process or while the mail server is away, none is sent when its time is
// over, and whoever reads the table or the queue reads none.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AccountStore } from '../../src/accounts/account-store.ts';
import { newAccountId } from '../../src/accounts/account.ts';
import { Browser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { parse } from '../support/mailbox.ts';
import { addPerson } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import { startPretendSmtp, type PretendSmtp } from '../support/pretend-smtp.ts';
import { portaria as run, serve } from '../support/processes.ts';

const MINUTE = 60 * 1000;
const FROM = { MAIL_FROM: 'no-reply@id.example.com' };

let smtp: PretendSmtp;
let portaria: Portaria;

beforeAll(async () => {
  smtp = await startPretendSmtp();
  portaria = await startPortaria({ SMTP_URL: smtp.url, ...FROM });
  await addPerson(portaria, 'ana');
});
afterAll(async () => {
  await portaria.stop();
  await smtp.close();
});
beforeEach(async () => {
  smtp.received.length = 0;
  for (const table of ['one_time_tokens', 'outbox', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
});
afterEach(() => void jest.restoreAllMocks());

function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

const arrived = () => smtp.received.map(({ recipients }) => recipients[0]).toSorted();
const invite = (email: string) => portaria.services.signUp.invite(email, { lifeSeconds: 3600 });

async function work(): Promise<void> {
  await portaria.services.outbox.work();
}

function queue(isGivenUp = false) {
  return portaria.services.outbox.list({ isGivenUp, limit: 10 });
}

describe('a mail that waits', () => {
  it('is in no row, no list and no output that anybody can read', async () => {
    smtp.refuse('guest@example.com', '450 later');
    const { link } = await invite('guest@example.com');
    await work();
    const rows = await portaria.database.database.query('select * from outbox');
    expect(rows).toMatchObject([
      { kind: 'mail', destination: 'mail server', body: { letter: 'invitation' } },
    ]);
    const settings = { DATABASE_URL: portaria.database.url, SECRET_KEY, ISSUER: portaria.url };
    const shown = await run('outbox list --json', settings);
    expect(shown.stdout).toContain('450 EENVELOPE');
    const secrets = new RegExp(`guest|${new URL(link).searchParams.get('token')}`);
    expect(JSON.stringify(rows) + shown.stdout + shown.stderr).not.toMatch(secrets);
    smtp.refuse('guest@example.com', '');
    passes(MINUTE);
    await work();
    expect(parse(smtp.received[0]?.message ?? '').text).toContain(link);
  });

  it('gets the newest key of SECRET_KEY like everything else that is sealed', async () => {
    const NEW = 'the-new-secret-key-that-is-long-enough';
    const first = await startPortaria({ SMTP_URL: 'smtp://127.0.0.1:1', ...FROM });
    await first.services.signUp.invite('guest@example.com', { lifeSeconds: 3600 });
    await first.services.outbox.work();
    const settings = { ISSUER: first.url, SMTP_URL: smtp.url, ...FROM };
    const both = await startPortaria(
      { ...settings, SECRET_KEY: `${NEW},${SECRET_KEY}` },
      { database: first.database },
    );
    jest.spyOn(both.services.outbox, 'wake').mockImplementation(() => {});
    expect(await both.services.reseal.run()).toMatchObject({ unopened: {} });
    const last = await startPortaria({ ...settings, SECRET_KEY: NEW }, { database: first.database });
    try {
      passes(MINUTE);
      await last.services.outbox.work();
      expect(arrived()).toEqual(['guest@example.com']);
    } finally {
      for (const node of [last, both, first]) await node.stop();
    }
  });

  it('is not there when what it tells of was not stored', async () => {
    const { database, emailChange, accountStore } = portaria.services;
    const account = await accountStore.findByUsername('ana');
    await emailChange.request(account!, 'ana.new@example.com', { address: '192.0.2.1', locale: 'en' });
    await work();
    const link = /https?:\/\/\S+/.exec(parse(smtp.received[0]?.message ?? '').text)?.[0] ?? '';
    const commit = database.transaction(async () => {
      await emailChange.confirm(new URL(link).searchParams.get('token') ?? '');
      throw new Error('the last statement failed');
    });
    await expect(commit).rejects.toThrow('the last statement failed');
    await work();
    expect([arrived(), await queue()]).toEqual([['ana.new@example.com'], []]);
  });

  it('is not sent any more once its link has ended, and nothing of it is left', async () => {
    smtp.refuse('late@example.com', '450 later');
    await invite('late@example.com');
    await work();
    smtp.refuse('late@example.com', '');
    passes(61 * MINUTE);
    await work();
    expect([arrived(), await queue(), (await queue(true)).length]).toEqual([[], [], 1]);
    for (const batch of portaria.services.outbox.sweeping) await batch();
    expect(await queue(true)).toEqual([]);
  });

  it('is tried every few minutes while it is good', async () => {
    smtp.refuse('busy@example.com', '450 later');
    await invite('busy@example.com');
    for (let minute = 0; minute < 56; minute += 7) {
      await work();
      passes(7 * MINUTE);
    }
    expect((await queue())[0]?.attempts).toBe(8);
  });
});

describe('what a stranger asks for', () => {
  const ask = (email: string) =>
    portaria.services.passwordReset.request(email, { address: '192.0.2.1', locale: 'en' });

  it('is kept without its address until it is done, and told with where it was asked from', async () => {
    jest.spyOn(portaria.services.outbox, 'wake').mockImplementation(() => {});
    await portaria.services.audit.from({ address: '198.51.100.4' }, () => ask('ana@example.com'));
    const rows = await portaria.database.database.query('select * from outbox');
    expect(rows).toMatchObject([{ kind: 'mail_request', body: {} }]);
    expect(JSON.stringify(rows)).not.toMatch(/ana@|198\.51/);
    jest.restoreAllMocks();
    await work();
    expect(arrived()).toEqual(['ana@example.com']);
    const [event] = await portaria.database.database.query(
      "select host(address) as address from audit_events where event = 'account.password_reset_requested'",
    );
    expect(event).toEqual({ address: '198.51.100.4' });
  });

  it('is not taken, for any address, while a thousand others wait', async () => {
    await portaria.database.database.query(
      `insert into outbox (kind, destination, body, due_at)
       select 'mail_request', 'mail requests', '{}', now() + interval '1 hour' from generate_series(1, 1000)`,
    );
    for (const email of ['ana@example.com', 'nobody@example.com'])
      await expect(ask(email)).rejects.toMatchObject({ status: 503 });
    await portaria.database.database.query('delete from outbox where id = (select min(id) from outbox)');
    await ask('ana@example.com');
    await work();
    expect(arrived()).toEqual(['ana@example.com']);
  });

  it('holds up nobody else when it cannot be done, and is done when it can', async () => {
    const find = jest.spyOn(portaria.services.accountStore, 'findCredentialsByVerifiedEmail');
    find.mockRejectedValueOnce(new Error('an example of a fault'));
    await ask('nobody@example.com');
    await ask('ana@example.com');
    await work();
    expect(arrived()).toEqual(['ana@example.com']);
    expect(await queue()).toMatchObject([{ kind: 'mail_request', attempts: 1 }]);
    passes(MINUTE);
    await work();
    expect(await queue()).toEqual([]);
  });
});

describe('a mailbox that is refused', () => {
  it('for good is given up at once, told to whoever runs the server, and can be tried again by hand', async () => {
    smtp.refuse('nobody@example.com', '550 no such mailbox nobody@example.com');
    await invite('nobody@example.com');
    await work();
    const [message] = await queue(true);
    expect(message).toMatchObject({ attempts: 1, lastFault: '550 EENVELOPE after RCPT TO' });
    const events = await portaria.database.database.query(
      "select details->>'kind' as kind from audit_events where event = 'message.given_up'",
    );
    expect(events).toEqual([{ kind: 'mail' }]);
    smtp.refuse('nobody@example.com', '');
    await portaria.services.outbox.restart(message?.id ?? '');
    await work();
    expect(arrived()).toEqual(['nobody@example.com']);
  });

  it.each(['550 no such mailbox', '450 greylisted'])('holds up nobody else: %s', async (answer) => {
    const bad = Array.from({ length: 8 }, (_, index) => `bad${index}@example.com`);
    for (const email of bad) smtp.refuse(email, answer);
    for (const email of bad) await invite(email);
    await invite('good@example.com');
    await work();
    expect(arrived()).toEqual(['good@example.com']);
  });
});

describe('a mail server that refuses us', () => {
  it('has every mail waiting, and gets all of them when it takes them', async () => {
    const away = await startPortaria(
      { ISSUER: portaria.url, SMTP_URL: 'smtp://127.0.0.1:1', ...FROM },
      { database: portaria.database },
    );
    try {
      const emails = Array.from({ length: 10 }, (_, index) => `guest${index}@example.com`);
      // The other node must not be faster.
      jest.spyOn(portaria.services.outbox, 'wake').mockImplementation(() => {});
      for (const email of emails) await away.services.signUp.invite(email, { lifeSeconds: 3600 });
      await away.services.outbox.work();
      expect((await away.services.outbox.list({ isGivenUp: false, limit: 20 })).length).toBe(10);
      jest.restoreAllMocks();
      passes(10 * MINUTE);
      await work();
      expect(arrived()).toEqual(emails.toSorted());
    } finally {
      await away.stop();
    }
  });
});

describe('a process that dies', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('after its answer and before the mail has left loses nothing: the mail comes once, when the server is back', async () => {
    const mailPort = await freePort();
    const port = await freePort();
    const settings = {
      DATABASE_URL: database.url,
      SECRET_KEY,
      SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      ...FROM,
    };
    let server = await serve(port, settings);
    await new AccountStore(database.database).insert({
      id: newAccountId(),
      name: 'Ana',
      email: 'ana@example.com',
      emailVerified: true,
    });
    const browser = new Browser(server.url);
    const page = await browser.get('/reset-password');
    await browser.submit(page, { email: 'ana@example.com' });
    await server.kill();
    const waiting = async () => (await database.database.query('select 1 from outbox')).length;
    expect(await waiting()).toBeGreaterThan(0);
    const revived = await startPretendSmtp(mailPort);
    await database.database.query("update outbox set due_at = '-infinity'");
    server = await serve(port, settings);
    try {
      while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(revived.received.map(({ recipients }) => recipients)).toEqual([['ana@example.com']]);
    } finally {
      await server.stop();
      await revived.close();
    }
  });
});
