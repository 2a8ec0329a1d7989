// What stories with passkeys do again and again: add one on the account page, and use it in a sign-in.
import type { Browser, Page } from './browser.ts';
import { formsOf } from './browser.ts';
import type { Portaria } from './portaria.ts';
import { SoftAuthenticator, type Lies } from './soft-authenticator.ts';

export const PASSKEYS = '/account/passkeys';

/** The question that the script of a page gets for the form of a passkey. */
export async function askedBy<T = Parameters<SoftAuthenticator['get']>[0]>(
  browser: Browser,
  page: Page,
): Promise<T> {
  const options = /data-options="([^"]+)"/.exec(page.text)?.[1];
  if (!options)
    throw new Error(`nobody is asked for a passkey at ${page.url} (${page.status})\n${page.text}`);
  const answer = await browser.post(
    new URL(options, page.url).href,
    { csrf: formOf(page).fields['csrf'] ?? '' },
    { accept: 'application/json' },
  );
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

/** Sends an answer with the form of a passkey. */
export function answerWith(browser: Browser, page: Page, answer: string, more = {}): Promise<Page> {
  const { action, fields } = formOf(page);
  return browser.post(new URL(action, page.url).href, { ...fields, ...more, answer });
}

/** As if it had been added a while ago. */
export async function givePasskey(
  { services, database, url }: Portaria,
  accountId: string,
  options: { counts?: boolean } = {},
): Promise<SoftAuthenticator> {
  const device = new SoftAuthenticator(url, options);
  const account = await services.administration.get(accountId);
  const placeUid = device.id;
  await database.database.query(
    `insert into sessions (id_digest, uid, account_id, payload, expires_at)
     values (sha256($1::bytea), $2, $3, '{}', now() + interval '1 minute')`,
    [placeUid, placeUid, accountId],
  );
  const answer = device.create(await services.passkeys.offer(account, placeUid));
  const outcome = await services.passkeys.add(account, { placeUid, name: 'Example key', answer });
  await database.database.query('delete from sessions where uid = $1', [placeUid]);
  if (outcome !== 'added') throw new Error(`the passkey was refused: ${outcome}`);
  return device;
}

/** Adds a passkey to the account that is signed in: the page that says so. */
export async function addPasskey(
  browser: Browser,
  device: SoftAuthenticator,
  { lies = {}, name = 'Example key' }: { lies?: Lies; name?: string } = {},
): Promise<Page> {
  const page = await browser.get(PASSKEYS);
  const options = await askedBy<Parameters<SoftAuthenticator['create']>[0]>(browser, page);
  return answerWith(browser, page, device.create(options, lies), { name });
}

/** Answers the question of a page of a sign-in. */
export async function usePasskey(
  browser: Browser,
  page: Page,
  device: SoftAuthenticator,
  lies: Lies = {},
): Promise<Page> {
  return answerWith(browser, page, device.get(await askedBy(browser, page), lies));
}

/** What the audit says of an account and of strangers, the newest first. */
export async function refusalsIn({ services }: Portaria, accountId?: string): Promise<string[]> {
  const rows = await services.auditStore.list({ ...(accountId && { accountId }), limit: 50 });
  return rows
    .filter(({ event }) => event === 'sign_in.refused')
    .map(({ details }) => String((details as { reason?: string }).reason));
}

function formOf(page: Page) {
  const form = formsOf(page.text).find(({ fields }) => fields['answer'] !== undefined);
  if (!form) throw new Error(`no passkey is asked for at ${page.url} (${page.status})\n${page.text}`);
  return form;
}
