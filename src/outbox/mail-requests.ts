// What strangers ask for that ends in a mail, perhaps: written down with the answer, the same for every address, and found out
// afterwards, by whichever process is awake. So neither words nor time tell whether there is an account, and nothing that was
// answered is forgotten with a process. A request that is done twice, because somebody died at its end, is two mails.
import type { MailRequest, PutOff } from '../accounts/mailed-links.ts';
import type { Audit, Origin } from '../audit/audit.ts';
import { AppError, unavailable } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { OutboxStore } from './outbox-store.ts';
import { MessageRefused, type Send } from './outbox.ts';

/** The kind of its messages. */
export const MAIL_REQUEST = 'mail_request';
const DESTINATION = 'mail requests';
const LIFE_MS = 60 * 60 * 1000;

export function createPutOff(store: OutboxStore, audit: Audit): PutOff {
  return async (request) => {
    // A few seconds of work: more is a flood, and whoever comes then is told to come back.
    if (await store.isLong(DESTINATION)) throw unavailable();
    await store.insert({
      kind: MAIL_REQUEST,
      destination: DESTINATION,
      body: {},
      secret: { request, origin: audit.origin },
      expiresAt: new Date(Date.now() + LIFE_MS),
    });
  };
}

export interface DoingRequests {
  audit: Audit;
  log: Logger;
  answer: (request: MailRequest) => Promise<void>;
}

export function createDoRequest({ audit, log, answer }: DoingRequests): Send {
  return async (body) => {
    const { request, origin } = body as unknown as { request: MailRequest; origin: Origin };
    try {
      await audit.from(origin, () => answer(request));
      return 'sent';
    } catch (error) {
      // Then none of them can be done.
      if (error instanceof AppError && error.status === 503) throw error;
      log.error({ err: error, request: request.kind }, 'a request for a mail could not be done');
      throw new MessageRefused('it could not be done: the log says why', { isFinal: false });
    }
  };
}
