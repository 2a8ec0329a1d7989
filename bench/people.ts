// Many people at once, a process of its own: each walks to the password form of the sign-in page, and then all of them
// press the button in the same moment. What they send is made ready before, so that pressing costs next to nothing. Each has
// an address of their own, as behind a proxy: from a single address, few may try at once. They come back in the browser that
// they signed in with before: a new one costs a mail besides, the first time.
import { connect } from 'node:net';
import { formsOf, type Browser, type Page } from '../test/support/browser.ts';
import { PASSWORD, REDIRECT_URI } from './cast.ts';
import { answerIn, get, postForm, type Answer } from './http-text.ts';
import { cookiesOf, walkToSignIn } from './walk.ts';

export type PeopleQuestion = { walk: { port: number; usernames: string[] } } | { press: true };

export interface Pressed {
  signedIn: number;
  /** The statuses that the others got. */
  refusals: number[];
  seconds: number;
}

/** Ready to press. Resolves to undefined when the person came back to the application with a code. */
type Person = () => Promise<{ status: number } | undefined>;

const WALKING = 8;
/** What the browser of each is known by. */
const devices = new Map<string, string>();

async function walk(port: number, usernames: string[]): Promise<Person[]> {
  const people: Person[] = [];
  const left = [...usernames];
  const walker = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      people.push(await walkToForm(port, name, `203.0.113.${left.length}`));
    }
  };
  await Promise.all(Array.from({ length: WALKING }, walker));
  return people;
}

async function walkToForm(port: number, username: string, address: string): Promise<Person> {
  const forwarded = { 'X-Forwarded-For': address };
  const { browser, page } = await walkToSignIn(port, { headers: forwarded });
  const submission = submissionOf(browser, page, username, forwarded);
  const ask = await openConnection(port);
  return async () => {
    const answer = await ask(submission);
    const device = /\r\nset-cookie: (portaria_device=[^;]+)/i.exec(answer.head)?.[1];
    if (device) devices.set(username, device);
    const target = URL.parse(locationOf(answer), page.url);
    if (answer.status !== 303 || target?.port !== String(port)) return answer;
    const path = `${target.pathname}${target.search}`;
    const end = await ask(get(path, { ...forwarded, Cookie: cookiesOf(browser, target.pathname) }));
    return locationOf(end).startsWith(`${REDIRECT_URI}?code=`) ? undefined : end;
  };
}

function submissionOf(
  browser: Browser,
  page: Page,
  username: string,
  headers: Record<string, string>,
): string {
  const form = formsOf(page.text).find(({ action }) => action.endsWith('/login'));
  if (!form) throw new Error(`no sign-in page (${page.status}):\n${page.text.slice(0, 1500)}`);
  const { pathname, origin } = new URL(form.action, page.url);
  const fields = new URLSearchParams({ ...form.fields, login: username, password: PASSWORD });
  return postForm(pathname, fields.toString(), {
    ...headers,
    Origin: origin,
    Accept: 'text/html',
    Cookie: [cookiesOf(browser, pathname), devices.get(username)].filter(Boolean).join('; '),
  });
}

function locationOf({ head }: Answer): string {
  return /\r\nlocation: (\S+)/i.exec(head)?.[1] ?? '';
}

/** Open before it is needed. */
function openConnection(port: number): Promise<(request: string) => Promise<Answer>> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(
        (request) =>
          new Promise((answered, failed) => {
            let text = '';
            socket.removeAllListeners('data').on('data', (chunk) => {
              text += chunk.toString('latin1');
              const answer = answerIn(text);
              if (answer) answered(answer);
            });
            socket.removeAllListeners('close').on('close', () => failed(new Error('hung up on')));
            socket.write(request);
          }),
      );
    }).setNoDelay(true);
    socket.on('error', reject);
  });
}

let people: Person[] = [];

async function reply(question: PeopleQuestion): Promise<object> {
  if ('walk' in question) {
    people = await walk(question.walk.port, question.walk.usernames);
    return { ready: people.length };
  }
  const startedAt = performance.now();
  const ends = await Promise.all(people.map((press) => press()));
  const refusals = ends.flatMap((end) => end?.status ?? []);
  return {
    signedIn: ends.length - refusals.length,
    refusals,
    seconds: (performance.now() - startedAt) / 1000,
  } satisfies Pressed;
}

process.on('message', (question: PeopleQuestion) => {
  reply(question)
    .then((result) => process.send?.(result))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
