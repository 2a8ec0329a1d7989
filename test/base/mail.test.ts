// Mails leave through a mail server or into files; whoever has one sent cannot be made to send another.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, type Logger } from '../../src/base/log.ts';
import { MailFault, Mailer } from '../../src/base/mail.ts';
import { parse } from '../support/mailbox.ts';
import { startPretendSmtp, type PretendSmtp } from '../support/pretend-smtp.ts';

const MAIL = {
  to: 'ana@example.com',
  subject: 'Olá',
  text: 'segredo-do-link',
  html: '<p>segredo-do-link</p>',
  id: 'one-mail',
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
  lines: string[];
}

function post(smtpUrl: string | undefined, outbox = join(directory, 'outbox')): Post {
  const lines: string[] = [];
  const log: Logger = createLogger('info', false, { write: (line: string) => void lines.push(line) });
  const from = 'Portaria <no-reply@id.example.com>';
  return { mailer: new Mailer({ smtpUrl, from, outbox, log, silenceMs: 300 }), lines };
}

describe('a mail', () => {
  it('goes to the mail server, to one recipient, as text and as HTML', async () => {
    const { mailer, lines } = post(smtp.url);
    await mailer.send(MAIL);
    await mailer.close();
    const { recipients, message } = smtp.received.at(-1) ?? { recipients: [], message: '' };
    expect(recipients).toEqual(['ana@example.com']);
    expect(parse(message)).toMatchObject({
      to: 'ana@example.com',
      subject: 'Olá',
      from: 'Portaria <no-reply@id.example.com>',
    });
    expect(message).toContain('Auto-Submitted: auto-generated');
    expect(message).toContain('Message-ID: <one-mail@id.example.com>');
    expect(lines).toEqual([]);
  });

  it.each([
    ['refuses the mailbox', '550 no such mailbox', { isOfThisMail: true, isFinal: true }],
    ['asks to come back for the mailbox', '450 segredo', { isOfThisMail: true, isFinal: false }],
  ])('is not taken by a server that %s', async (_, answer, expected) => {
    const { mailer } = post(smtp.url);
    smtp.refuse('bad@example.com', answer);
    const before = smtp.received.length;
    const refusal = await mailer.send({ ...MAIL, to: 'bad@example.com' }).catch((error: unknown) => error);
    await mailer.close();
    expect(refusal).toMatchObject(expected);
    expect((refusal as Error).message).toBe(`${answer.slice(0, 3)} EENVELOPE after RCPT TO`);
    expect(smtp.received).toHaveLength(before);
  });

  it.each([
    ['does not take what it says', '554 looks like an advertisement', { isOfThisMail: true, isFinal: true }],
    ['is busy', '451 later', { isOfThisMail: true, isFinal: false }],
  ])('is not taken by a server that %s', async (_, answer, expected) => {
    const { mailer } = post(smtp.url);
    smtp.refuseNext(1, answer);
    await expect(mailer.send(MAIL)).rejects.toMatchObject(expected);
    await mailer.close();
  });

  it('waits for a server that is away, and says so without what it says', async () => {
    const { mailer, lines } = post('smtp://127.0.0.1:1');
    const refusal = await mailer.send(MAIL).catch((error: unknown) => error);
    await mailer.close();
    expect(refusal).toBeInstanceOf(MailFault);
    expect(refusal).toMatchObject({ isOfThisMail: false, isFinal: false });
    expect([(refusal as Error).message, ...lines].join()).not.toMatch(/segredo|ana@/);
  });

  it('alone is at fault when the server says nothing to its recipient', async () => {
    const { mailer } = post(smtp.url);
    smtp.refuse('slow@example.com', 'silence');
    const expected = { isOfThisMail: true, isFinal: false };
    await expect(mailer.send({ ...MAIL, to: 'slow@example.com' })).rejects.toMatchObject(expected);
    await mailer.close();
  });

  it('becomes a file that only we can read when there is no server, and the log names the file alone', async () => {
    const outbox = join(directory, 'files');
    const { mailer, lines } = post(undefined, outbox);
    await mailer.send(MAIL);
    await mailer.send(MAIL);
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
  ])('goes to nobody when the address is %j', async (to) => {
    const { mailer } = post(smtp.url);
    await expect(mailer.send({ ...MAIL, to })).rejects.toThrow('one bare address');
  });

  it('has no header that its subject could add', async () => {
    const { mailer } = post(smtp.url);
    await mailer.send({ ...MAIL, subject: 'Hello\r\nBcc: eve@example.com\r\n\r\n<b>body</b>' });
    await mailer.close();
    const { recipients, message } = smtp.received.at(-1) ?? { recipients: [], message: '' };
    expect(recipients).toEqual(['ana@example.com']);
    expect(message.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/im);
  });
});
