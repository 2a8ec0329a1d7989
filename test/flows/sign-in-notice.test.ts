// A mail to whoever was signed in from somewhere new: who gets one, what it says, and who cannot use it to bother people.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { mailsOf, mailsTo, type ReceivedMail } from '../support/mailbox.ts';
import { addPerson, PASSWORD, signIn } from '../support/people.ts';
import { atGithub, startLinkingHouse, type LinkingHouse } from '../support/linking.ts';
import { startAnotherNode, type Portaria } from '../support/portaria.ts';
import { signInWithGithub } from '../support/walks.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
/** Refused by every filter that people test with it. */
const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const SUBJECT = 'A sign-in from a new browser';

let house: LinkingHouse;
let portaria: Portaria;

beforeAll(async () => {
  house = await startLinkingHouse({ TRUSTED_PROXIES: '127.0.0.1' });
  portaria = house.portaria;
});
afterAll(() => house.stop());
beforeEach(async () => {
  await mailsOf(portaria);
  for (const table of ['accounts', 'sessions', 'one_time_tokens', 'throttles', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
});
afterEach(() => void jest.restoreAllMocks());

function newBrowser(headers: Record<string, string> = {}): CarefulBrowser {
  return new CarefulBrowser(portaria.url, { 'x-forwarded-for': '192.0.2.7', ...headers });
}

let people = 0;

/** Who has been here before, in this browser. */
async function somebody() {
  const name = `visitor${(people += 1)}`;
  const id = await addPerson(portaria, name);
  const browser = newBrowser();
  await signIn(browser, '/sign-in', name);
  return { id, name, email: `${name}@example.com`, browser };
}

async function notices(email: string): Promise<ReceivedMail[]> {
  return (await mailsTo(portaria, email)).filter(({ subject }) => subject === SUBJECT);
}

describe('a sign-in from somewhere new', () => {
  it('is told with its time, browser and address, and not for the first one of an account', async () => {
    const { name, email } = await somebody();
    expect(await notices(email)).toEqual([]);
    await signIn(newBrowser({ 'user-agent': FIREFOX, 'x-forwarded-for': '198.51.100.9' }), '/sign-in', name);
    const [mail, ...more] = await notices(email);
    expect(more).toEqual([]);
    expect(mail?.text).toMatch(/\d{1,2} \w{3} 20\d\d|\w{3} \d{1,2}, 20\d\d/);
    expect(mail?.text).toContain('Firefox on Windows · 198.51.100.9');
    expect(mail?.text).toContain(`${portaria.url}/account/not-me/open?token=`);
  });

  it('is told to somebody of whose last sign-in the audit knows nothing any more', async () => {
    const { id, name, email } = await somebody();
    const { database } = portaria.database;
    await database.query(`update accounts set created_at = now() - interval '401 days' where id = $1`, [id]);
    await database.query('delete from audit_events where account_id = $1', [id]);
    await signIn(newBrowser(), '/sign-in', name);
    expect(await notices(email)).toHaveLength(1);
  });

  it('is not one from a browser where the person has signed in before', async () => {
    const { name, email, browser } = await somebody();
    browser.cookies = browser.cookies.filter((cookie) => cookie.name === 'portaria_device');
    await signIn(browser, '/sign-in', name);
    expect(await notices(email)).toEqual([]);
  });

  it('is told in the language of the person, and in none of the words of the browser', async () => {
    const { id, name, email } = await somebody();
    await portaria.services.accountStore.update(id, { locale: 'pt-BR' });
    await signIn(newBrowser({ 'user-agent': 'Call-us-at evil.example now/1.0' }), '/sign-in', name);
    const mail = (await mailsTo(portaria, email)).at(-1);
    expect(mail?.subject).toBe('Acesso em um novo navegador');
    expect(mail?.text).not.toContain('evil');
  });

  it('is told in no words that whoever is in the account can choose, which filters for mails might refuse', async () => {
    const { id, name, email } = await somebody();
    await portaria.services.administration.update(id, { name: GTUBE });
    await signIn(newBrowser(), '/sign-in', name);
    const [mail] = await notices(email);
    const words = `${mail?.subject}${mail?.text}${mail?.html}`;
    expect([words.includes('not-me'), words.includes(GTUBE)]).toEqual([true, false]);
  });

  it('is told however the person came', async () => {
    const email = 'by.github@example.com';
    atGithub(house, email);
    expect((await signInWithGithub(newBrowser(), '/sign-in')).status).toBe(200);
    expect(await notices(email)).toEqual([]);
    await signInWithGithub(newBrowser(), '/sign-in');
    expect(await notices(email)).toHaveLength(1);
  });

  it('is told to nobody whose address is not confirmed', async () => {
    const { administration } = portaria.services;
    await administration.create({
      email: 'unproved@example.com',
      username: 'unproved',
      name: 'Example',
      password: PASSWORD,
    });
    for (let turn = 0; turn < 2; turn++) await signIn(newBrowser(), '/sign-in', 'unproved');
    expect(await mailsTo(portaria, 'unproved@example.com')).toEqual([]);
  });

  it('is told three times an hour at most, over two nodes at the same moment', async () => {
    const { id, email } = await somebody();
    const second = await startAnotherNode(portaria);
    try {
      const nodes = [portaria, second];
      await Promise.all(
        Array.from({ length: 20 }, (_, turn) => nodes[turn % 2]!.services.signInNotices.send(id, 'en')),
      );
      expect(await notices(email)).toHaveLength(3);
      const now = Date.now();
      jest.spyOn(Date, 'now').mockImplementation(() => now + 5 * 3600 * 1000);
      await portaria.services.signInNotices.send(id, 'en');
      expect(await notices(email)).toHaveLength(4);
    } finally {
      await second.stop();
    }
  });

  it('is told when it comes to nothing in the end, too: nobody uses up the mails in silence', async () => {
    const { name, email } = await somebody();
    const { provider } = portaria.services;
    for (let turn = 1; turn <= 4; turn++) {
      jest.spyOn(provider, 'interactionResult').mockRejectedValueOnce(new Error('the engine is broken'));
      expect((await signIn(newBrowser(), '/sign-in', name)).status).toBe(500);
      expect(await notices(email)).toHaveLength(Math.min(turn, 3));
    }
  });
});
