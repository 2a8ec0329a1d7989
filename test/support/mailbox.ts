// The mails that a Portaria without a mail server wrote to its outbox, as a mail program would show them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAIL_REQUEST } from '../../src/outbox/mail-requests.ts';
import { MAIL } from '../../src/outbox/mails.ts';
import type { Portaria } from './portaria.ts';

const KINDS = new Set([MAIL, MAIL_REQUEST]);

export interface ReceivedMail {
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  /** Of the file. */
  mode: number;
  raw: string;
}

/** All mails so far, the oldest first, once everything that is under way has ended. */
export async function mailsOf(portaria: Portaria): Promise<ReceivedMail[]> {
  const { outbox } = portaria.services;
  await outbox.work();
  // What another node has in hand.
  while ((await outbox.list({ isGivenUp: false, limit: 100 })).some(({ kind }) => KINDS.has(kind)))
    await new Promise((resolve) => setTimeout(resolve, 5));
  const directory = join(portaria.services.config.dataDir, 'outbox');
  return filesIn(directory).map((name) => {
    const path = join(directory, name);
    return { ...parse(readFileSync(path, 'utf8')), mode: statSync(path).mode & 0o777 };
  });
}

export async function mailsTo(portaria: Portaria, email: string): Promise<ReceivedMail[]> {
  return (await mailsOf(portaria)).filter(({ to }) => to === email);
}

/** The address in the newest mail to somebody. */
export async function linkTo(portaria: Portaria, email: string): Promise<string> {
  const text = (await mailsTo(portaria, email)).at(-1)?.text ?? '';
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`no link in a mail to ${email}:\n${text}`);
  return link;
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

export function parse(raw: string): Omit<ReceivedMail, 'mode'> {
  const [head = ''] = raw.split('\r\n\r\n', 1);
  const headers = new Map(
    head
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())] as const;
      }),
  );
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? '';
  const parts = raw.split(`--${boundary}`);
  const bodyOf = (type: string) => {
    const part = parts.find((text) => text.includes(`Content-Type: ${type}`)) ?? '';
    const [partHead = '', ...rest] = part.replace(/^\r\n/, '').split('\r\n\r\n');
    const body = rest.join('\r\n\r\n');
    if (/encoding: base64/i.test(partHead)) return Buffer.from(body, 'base64').toString('utf8');
    return /encoding: quoted-printable/i.test(partHead) ? decodeQuotedPrintable(body) : body;
  };
  return {
    to: headers.get('to') ?? '',
    from: headers.get('from') ?? '',
    subject: headers.get('subject') ?? '',
    text: bodyOf('text/plain'),
    html: bodyOf('text/html'),
    raw,
  };
}

/** RFC 2047. */
function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : decodeQuotedPrintable(word.replaceAll('_', ' ')),
    );
}

/** RFC 2045 §6.7. */
function decodeQuotedPrintable(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
