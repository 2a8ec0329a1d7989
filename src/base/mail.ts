// Owns how a mail leaves the house: through SMTP, or, without a mail server, into a file of DATA_DIR/outbox that the log
// names. It tries once; when it is tried again is for outbox/, and what a mail says, and to whom, is decided elsewhere. The
// content, which may hold a link that lets somebody in, is never logged.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transporter } from 'nodemailer';
import type { Logger } from './log.ts';

export interface Mail {
  /** One bare address. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same at every try, so that a mail program shows one that came twice once: a word that is in no other mail. */
  id: string;
}

export interface MailerOptions {
  /** Undefined: into the outbox. */
  smtpUrl: string | undefined;
  /** "Name <address>" or an address. */
  from: string;
  /** A folder. */
  outbox: string;
  log: Logger;
  /** How long a mail server may say nothing in the middle of a mail. */
  silenceMs?: number;
}

/** The mail server did not take a mail. What it said may repeat the address, or more: only its codes are told. */
export class MailFault extends Error {
  /** It is well, and takes other mails. */
  readonly isOfThisMail: boolean;
  /** RFC 5321 §4.2.1: the same once more would be refused once more. */
  readonly isFinal: boolean;

  constructor(words: string, { isOfThisMail, isFinal }: { isOfThisMail: boolean; isFinal: boolean }) {
    super(words);
    this.isOfThisMail = isOfThisMail;
    this.isFinal = isFinal;
  }
}

/** A mail server that does not greet us for so long is taken for one that is away. */
const SMTP_TIMEOUTS = { connectionTimeout: 5_000, greetingTimeout: 5_000 };
/** In the middle of a mail. */
const SILENCE_MS = 10_000;
/** All of it: a server that says a word now and then holds up nobody. Shorter than the outbox holds a message. */
const SEND_TIMEOUT_MS = 40_000;
/** As many as the outbox sends to one destination at once. */
const CONNECTIONS = 4;
/** Nothing that could end the header or name a second recipient. */
const BARE_ADDRESS = /^[^\s<>(),;:"\\@]+@[^\s<>(),;:"\\@]+$/;

export class Mailer {
  readonly #options: MailerOptions;
  #transport: Promise<Transporter> | undefined;
  #mails = 0;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  /** Resolves when a mail server has it, or the file is written. Throws MailFault. */
  async send(mail: Mail): Promise<void> {
    if (!BARE_ADDRESS.test(mail.to))
      throw new MailFault('not one bare address', { isOfThisMail: true, isFinal: true });
    // Files are in the order in which the mails set off.
    const place = `${new Date().toISOString().replaceAll(':', '-')}-${String((this.#mails += 1)).padStart(6, '0')}`;
    this.#transport ??= this.#open();
    const transport = await this.#transport;
    try {
      const { message } = await inTime(this.#hand(transport, mail));
      if (this.#options.smtpUrl === undefined && message) await this.#keep(message, place);
    } catch (error) {
      throw faultOf(error);
    }
  }

  /** Lets go of the connections to the mail server. */
  async close(): Promise<void> {
    (await this.#transport)?.close();
  }

  #hand(transport: Transporter, { to, subject, text, html, id }: Mail): Promise<{ message?: Buffer }> {
    const { from } = this.#options;
    const domain = /@([^\s<>@]+?)>?$/.exec(from)?.[1];
    return transport.sendMail({
      from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      ...(domain && { messageId: `<${id}@${domain}>` }),
      // RFC 3834 §5: nobody's absence is told to a machine.
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** The library is loaded with the first mail: most processes send none. */
  async #open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    const { smtpUrl, silenceMs: socketTimeout = SILENCE_MS } = this.#options;
    if (smtpUrl === undefined) {
      return createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    }
    return createTransport({
      url: smtpUrl,
      ...SMTP_TIMEOUTS,
      socketTimeout,
      pool: true,
      maxConnections: CONNECTIONS,
    });
  }

  async #keep(message: Buffer, place: string): Promise<void> {
    const { outbox, log } = this.#options;
    await mkdir(outbox, { recursive: true, mode: 0o700 });
    const name = `${place}-${randomUUID().slice(0, 8)}.eml`;
    const file = join(outbox, name);
    await writeFile(file, message, { flag: 'wx', mode: 0o600 });
    log.info({ file }, 'a mail was written to a file, since SMTP_URL is not set');
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })), SEND_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of nodemailer, or of the disk. */
function faultOf(error: unknown): MailFault {
  const { code, responseCode, command, timeoutType } = error as Record<string, string | undefined> & {
    responseCode?: number;
  };
  const words = [responseCode, code, command && `after ${command}`].filter(Boolean).join(' ');
  // A refusal of the sender or of the password is for whoever runs the server to mend; then all mails are taken.
  const isRefused = responseCode !== undefined && (command === 'RCPT TO' || command === 'DATA');
  // It may be asking that mailbox's own server, which anybody can let wait.
  const isOfThisMail = isRefused || timeoutType === 'SOCKET_TIMEOUT';
  const isFinal = isRefused && responseCode >= 500;
  return new MailFault(words || 'an unknown fault', { isOfThisMail, isFinal });
}
