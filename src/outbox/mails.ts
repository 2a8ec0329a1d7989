// Mails as messages of the outbox: a mail is written down with what it tells of, sealed, and goes out when the mail server takes
// it, until nobody has use for it any more. What it says is decided in http/letters.ts.
import { randomUUID } from 'node:crypto';
import { MailFault, type Mail, type Mailer } from '../base/mail.ts';
import type { OutboxStore } from './outbox-store.ts';
import { MessageRefused, type Send } from './outbox.ts';

/** The kind of its messages. */
export const MAIL = 'mail';
/** One for all: while the mail server is away, mails wait and nothing else does. */
const DESTINATION = 'mail server';

export interface PostedMail extends Omit<Mail, 'id'> {
  /** What it is, for whoever looks at the queue. */
  letter: string;
  /** How long somebody has use for it. */
  lifeSeconds: number;
}

/** With the unit of work or the transaction that is under way: the mail goes out if what it tells of was stored. */
export function createPostMail(store: OutboxStore): (mail: PostedMail) => Promise<void> {
  return ({ letter, lifeSeconds, ...mail }) =>
    store.insert({
      kind: MAIL,
      destination: DESTINATION,
      body: { letter },
      secret: { ...mail, id: randomUUID() },
      expiresAt: new Date(Date.now() + lifeSeconds * 1000),
    });
}

export function createSendMail(mailer: Pick<Mailer, 'send'>): Send {
  return async (body) => {
    try {
      await mailer.send(body as unknown as Mail);
      return 'sent';
    } catch (error) {
      if (error instanceof MailFault && error.isOfThisMail)
        throw new MessageRefused(error.message, { isFinal: error.isFinal });
      throw error;
    }
  };
}
