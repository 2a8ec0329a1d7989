// Owns how a mail leaves the house: through SMTP, or, without a mail server, into a file of DATA_DIR/outbox that the log
// names. It sends in the background and tries twice; what a mail says, and to whom, is decided elsewhere. The content,
// which may hold a link that lets somebody in, is never logged.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transporter } from 'nodemailer';
import type { Errands } from './errands.ts';
import type { Logger } from './log.ts';

export interface Mail {
  /** One bare address. */
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface MailerOptions {
  /** Undefined: into the outbox. */
  smtpUrl: string | undefined;
  /** "Name <address>" or an address. */
  from: string;
  outbox: string;
  errands: Errands;
  log: Logger;
  retryMs?: number;
}

/** A mail server that says nothing for so long is taken for one that is away. */
const SMTP_TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };
const RETRY_MS = 5_000;
/** Nothing that could end the header or name a second recipient. */
const BARE_ADDRESS = /^[^\s<>(),;:"\\@]+@[^\s<>(),;:"\\@]+$/;

export class Mailer {
  readonly #options: MailerOptions;
  #transport: Promise<Transporter> | undefined;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  /** After whatever the mail tells of was stored. Throws 503 when too many wait; a mail that cannot be sent is only logged. */
  post(mail: Mail): void {
    if (!BARE_ADDRESS.test(mail.to)) throw new Error('a mail goes to one bare address');
    this.#options.errands.run('mail', () => this.#deliver(mail));
  }

  /** Lets go of the connection to the mail server. */
  async close(): Promise<void> {
    (await this.#transport)?.close();
  }

  async #deliver(mail: Mail): Promise<void> {
    const { log, retryMs = RETRY_MS } = this.#options;
    try {
      await this.#send(mail);
    } catch (error) {
      log.warn(reasonOf(error), 'a mail could not be sent; it is tried once more');
      await sleep(retryMs);
      await this.#send(mail).catch((fault: unknown) =>
        log.error(reasonOf(fault), 'a mail could not be sent'),
      );
    }
  }

  async #send({ to, subject, text, html }: Mail): Promise<void> {
    this.#transport ??= this.#open();
    const transport = await this.#transport;
    const sent: unknown = await transport.sendMail({
      from: this.#options.from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      // RFC 3834 §5: nobody's absence is told to a machine.
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const { message } = sent as { message?: Buffer };
    if (this.#options.smtpUrl === undefined && message) await this.#keep(message);
  }

  /** The library is loaded with the first mail: most processes send none. */
  async #open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    const { smtpUrl } = this.#options;
    if (smtpUrl === undefined) {
      return createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    }
    return createTransport({ url: smtpUrl, ...SMTP_TIMEOUTS, pool: true, maxConnections: 2 });
  }

  async #keep(message: Buffer): Promise<void> {
    const { outbox, log } = this.#options;
    await mkdir(outbox, { recursive: true, mode: 0o700 });
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID().slice(0, 8)}.eml`;
    const file = join(outbox, name);
    await writeFile(file, message, { flag: 'wx', mode: 0o600 });
    log.info({ file }, 'a mail was written to a file, since SMTP_URL is not set');
  }
}

/** What a mail server says may repeat the address, or more; its codes do not. */
function reasonOf(error: unknown): { code: string | undefined; responseCode: number | undefined } {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  return { code, responseCode };
}
