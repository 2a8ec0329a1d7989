// Mails leave through a mail server or into files; whoever sends one neither waits nor can be made to send another.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Errands } from '../../src/base/errands.ts';
import { createLogger, type Logger } from '../../src/base/log.ts';
import { Mailer } from '../../src/base/mail.ts';
import { parse } from '../support/mailbox.ts';
import { startPretendSmtp, type PretendSmtp } from '../support/pretend-smtp.ts';

const MAIL = {
  to: 'ana@example.com',
  subject: 'Olá',
  text: 'segredo-do-link',
  html: '<p>segredo-do-link</p>',
};

let smtp: PretendSmtp;
let directory: string;

beforeAll(async () => {
  smtp = await startPretendSmtp();
  directory = mkdtempSync(join(tmpdir(), 'portaria-mail-'));
});
afterAll(async () => {
  await smtp.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Post {
  mailer: Mailer;
  errands: Errands;
  lines: string[];
}

function post(smtpUrl: string | undefined, outbox = join(directory, 'outbox')): Post {
  const lines: string[] = [];
  const log: Logger = createLogger('info', false, { write: (line: string) => void lines.push(line) });
  const errands = new Errands(log);
  const from = 'Portaria <no-reply@id.example.com>';
  return { mailer: new Mailer({ smtpUrl, from, outbox, errands, log, retryMs: 10 }), errands, lines };
}

describe('a mail', () => {
  it('goes to the mail server, to one recipient, as text and as HTML', async () => {
    const { mailer, errands, lines } = post(smtp.url);
    mailer.post(MAIL);
    await errands.settled();
    await mailer.close();
    const { recipients, message } = smtp.received.at(-1) ?? { recipients: [], message: '' };
    expect(recipients).toEqual(['ana@example.com']);
    expect(parse(message)).toMatchObject({
      to: 'ana@example.com',
      subject: 'Olá',
      from: 'Portaria <no-reply@id.example.com>',
    });
    expect(message).toContain('Auto-Submitted: auto-generated');
    expect(lines).toEqual([]);
  });

  it('is sent again when the server could not take it', async () => {
    const { mailer, errands, lines } = post(smtp.url);
    const before = smtp.received.length;
    smtp.refuseNext(1);
    mailer.post(MAIL);
    await errands.settled();
    await mailer.close();
    expect(smtp.received).toHaveLength(before + 1);
    expect(lines.join()).toContain('tried once more');
  });

  it.each([
    ['refuses twice', async () => (smtp.refuseNext(2), smtp.url)],
    ['is not there', async () => 'smtp://127.0.0.1:1'],
  ])('that cannot be sent, since the server %s, is logged without what it says', async (_, urlOf) => {
    const { mailer, errands, lines } = post(await urlOf());
    const before = smtp.received.length;
    mailer.post(MAIL);
    await errands.settled();
    await mailer.close();
    expect(smtp.received).toHaveLength(before);
    expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([40, 50]);
    expect(lines.join()).not.toMatch(/segredo|ana@/);
  });

  it('becomes a file that only we can read when there is no server, and the log names the file alone', async () => {
    const outbox = join(directory, 'files');
    const { mailer, errands, lines } = post(undefined, outbox);
    mailer.post(MAIL);
    mailer.post(MAIL);
    await errands.settled();
    const files = readdirSync(outbox).map((name) => join(outbox, name));
    expect(files).toHaveLength(2);
    expect(statSync(outbox).mode & 0o777).toBe(0o700);
    for (const file of files) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(parse(readFileSync(file, 'utf8')).text).toContain('segredo-do-link');
      expect(lines.join()).toContain(file);
    }
    expect(lines.join()).not.toMatch(/segredo|ana@/);
  });

  it.each([
    'ana@example.com\r\nBcc: eve@example.com',
    'ana@example.com, eve@example.com',
    'Eve <eve@example.com>',
    'ana@example.com>',
    '',
  ])('goes to nobody when the address is %j', (to) => {
    const { mailer } = post(smtp.url);
    expect(() => mailer.post({ ...MAIL, to })).toThrow('one bare address');
  });

  it('has no header that its subject could add', async () => {
    const { mailer, errands } = post(smtp.url);
    mailer.post({ ...MAIL, subject: 'Hello\r\nBcc: eve@example.com\r\n\r\n<b>body</b>' });
    await errands.settled();
    await mailer.close();
    const { recipients, message } = smtp.received.at(-1) ?? { recipients: [], message: '' };
    expect(recipients).toEqual(['ana@example.com']);
    expect(message.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/im);
  });
});

describe('errands', () => {
  it('are refused when too many are under way, and all are waited for', async () => {
    const errands = new Errands(createLogger('silent', false));
    let done = 0;
    for (let turn = 0; turn < 200; turn++) errands.run('example', async () => void (done += 1));
    expect(() => errands.run('example', async () => {})).toThrow(/cannot answer right now/);
    await errands.settled();
    expect(done).toBe(200);
  });

  it('that fail are logged and harm nobody', async () => {
    const { errands, lines } = post(undefined);
    errands.run('example', () => Promise.reject(new Error('an example of a fault')));
    await errands.settled();
    expect(lines.join()).toContain('an example of a fault');
  });
});
