// The README is run, not only read: its walk goes through one bash against a real server, with a person at the browser,
// and its tables are compared with what the code has.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { demoPerson } from '../seeds/demo.ts';
import { NAMED_SETTINGS } from '../src/config-connectors.ts';
import { newFolder, serve, type Server } from './support/processes.ts';
import { Browser, type Page } from './support/browser.ts';
import { freePort } from './support/ports.ts';

const readme = readFileSync('README.md', 'utf8');
/** The blocks that are marked to be run, in order. */
const blocks = [...readme.matchAll(/<!-- run -->\n```sh\n(.*?)```/gs)].map(([, block = '']) => block);

/** Longer than the walk takes, shorter than Jest waits. */
const WALK_LIMIT_MS = 150_000;

describe('the walk through the first sign-in', () => {
  const folder = newFolder();
  let server: Server;
  let bash: ChildProcess | undefined;
  /** What each block printed. */
  let printed: string[] = [];
  let complaints = '';
  let ended: unknown;

  beforeAll(async () => {
    const [port, callbackPort] = [await freePort(), await freePort()];
    const settings = { DATA_DIR: folder.path, PORT: String(port), LOG_LEVEL: 'warn' };
    server = await serve(port, { ...settings, LOG_LEVEL: 'info' });
    const { PATH = '', HOME = '' } = process.env;
    bash = spawn('bash', ['-euo', 'pipefail', '-c', scriptFor(callbackPort)], {
      env: { PATH, HOME, ...settings },
      // npx and curl end with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const faults = text(bash.stderr!);
    const limit = setTimeout(endWalk, WALK_LIMIT_MS);
    const person = new Browser(server.url);
    const steps = [approveDevice, allowTerminal, bringCodeBack];
    const visits: Promise<void>[] = [];
    let output = '';
    bash.stdout!.on('data', (chunk) => {
      output += String(chunk);
      const address = [...output.matchAll(/^Open (\S+)\n/gm)][visits.length]?.[1];
      const step = steps[visits.length];
      if (!address || !step) return;
      const visit = step(person, address, output);
      // Without its person the program would wait for ever.
      visit.catch(endWalk);
      visits.push(visit);
    });
    [ended] = await once(bash, 'close');
    clearTimeout(limit);
    complaints = await faults;
    printed = output.split(/^--- \d+ ---\n/m).slice(1);
    await Promise.all(visits);
  }, 180_000);

  afterAll(async () => {
    endWalk();
    await server.stop();
    folder.remove();
  });

  function endWalk(): void {
    if (!bash?.pid || bash.exitCode !== null || bash.signalCode !== null) return;
    process.kill(-bash.pid, 'SIGKILL');
  }

  /** The only change is a port that is free here, to which the demo client returns; the server's comes from PORT. */
  function scriptFor(callbackPort: number): string {
    const callback = `http://localhost:${callbackPort}/callback`;
    return blocks
      .map((block, index) => `echo '--- ${index} ---'\n${block}`)
      .join('echo\n')
      .replace(
        'CALLBACK=http://localhost:8080/callback\n',
        `CALLBACK=${callback}\nnpx portaria clients update demo --redirect-uri ${callback} >&2\n`,
      );
  }

  /** What the block printed whose text has this in it. */
  function printedBy(part: string): string {
    return printed[blocks.findIndex((block) => block.includes(part))]?.trim() ?? '';
  }

  const documentIn = (output: string) => JSON.parse(output) as unknown;

  it('runs to its end', () => {
    if (ended !== 0) throw new Error(`it ended with ${String(ended)}:\n${complaints}`);
    expect(printed).toHaveLength(blocks.length);
  });

  it('has somebody to sign in', () => {
    const seeded = printedBy('seed demo');
    for (const fact of [demoPerson.username, demoPerson.password]) {
      expect(seeded).toContain(fact);
      expect(readme).toContain(`\`${fact}\``);
    }
  });

  it('ends the sign-in without a browser with a token that knows whose it is', () => {
    const [verify = ''] = blocks.filter((block) => block.includes('/api/verify'));
    expect(documentIn(printedBy(verify))).toMatchObject({
      active: true,
      email: demoPerson.email,
      username: demoPerson.username,
      client_id: 'cli',
      scope: 'openid profile email',
    });
  });

  it('tells a terminal that asks who has come', () => {
    const [outcome = ''] = printedBy('create-session').split('\n').slice(-1);
    expect(documentIn(outcome)).toEqual({
      status: 'completed',
      user: expect.objectContaining({ email: demoPerson.email, name: demoPerson.name, tier: 'free' }),
    });
  });

  it('shows in its example the fields that the server answers', () => {
    const [, example = '{}'] = /```json\n(.*?)```/s.exec(readme) ?? [];
    const [verify = ''] = blocks.filter((block) => block.includes('/api/verify'));
    const answered = documentIn(printedBy(verify)) as object;
    expect(Object.keys(documentIn(example) as object)).toEqual(Object.keys(answered));
  });

  it('refreshes, and signs out at once', () => {
    expect(printedBy('grant_type=refresh_token')).toBe(demoPerson.email);
    expect(printedBy('/oauth/revoke')).toBe('invalid_token');
  });

  it('signs in to a web application', () => {
    expect(documentIn(printedBy('/api/user'))).toMatchObject({
      name: demoPerson.name,
      email: demoPerson.email,
    });
  });

  it('gets a machine a token', () => {
    const answer = documentIn(printedBy('grant_type=client_credentials -d'));
    expect(answer).toMatchObject({ active: true, client_id: 'demo', scope: 'read' });
    expect(answer).not.toHaveProperty('sub');
  });

  it('makes the clients that it proposes', () => {
    const list = printedBy('clients list');
    for (const id of ['laravel', 'shop', 'shop-app', 'shop-tv', 'shop-reports']) {
      expect(list).toMatch(new RegExp(`^${id} `, 'm'));
    }
  });

  it('signs in to a Laravel application, which sends JSON and no challenge', async () => {
    const [, secret = ''] = /secret[^\w-]+(\S+)/i.exec(printedBy('--id laravel')) ?? [];
    const callback = 'http://localhost:8000/auth/callback';
    const query = new URLSearchParams({
      client_id: 'laravel',
      redirect_uri: callback,
      response_type: 'code',
      scope: 'read write',
      state: 'the state of Laravel',
    });
    const page = await signIn(new Browser(server.url), `${server.url}/oauth/authorize?${query}`);
    const answer = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'authorization_code',
        client_id: 'laravel',
        client_secret: secret,
        redirect_uri: callback,
        code: new URL(page.url).searchParams.get('code'),
      }),
    });
    const tokens = (await answer.json()) as { access_token: string };
    expect([answer.status, tokens]).toMatchObject([200, { scope: 'read write' }]);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const user = await fetch(`${server.url}/api/user`, { headers });
    expect(await user.json()).toMatchObject({ email: demoPerson.email, oauth_id: expect.any(String) });
  });
});

describe('the tables', () => {
  const namesIn = (file: string, pattern: RegExp) =>
    [...read(file).matchAll(pattern)].map(([, name = '']) => name);
  const settings = [
    ...namesIn('src/config.ts', /^ {2}([A-Z][A-Z_]+):/gm),
    ...namesIn('src/config-connectors.ts', /^ {2}([A-Z]+_[A-Z_]+):/gm),
  ];
  /** Those with a name in them. */
  const settingsOf = (name: string) =>
    Object.entries(NAMED_SETTINGS).flatMap(([kind, ends]) => ends.map((end) => `${kind}_${name}_${end}`));

  it('name every setting that the code reads, and no other', () => {
    const section = sectionOf('Settings');
    const named = [...section.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([A-Z_]+|[A-Z]+_<NAME>_[A-Z_]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.toSorted()).toEqual([...settings, ...settingsOf('<NAME>')].toSorted());
  });

  it('have every setting in .env.example, and let it through to the container', () => {
    const example = namesIn('.env.example', /^#?([A-Z_0-9]+)=/gm);
    expect(example.filter((name) => name !== 'POSTGRES_PASSWORD').toSorted()).toEqual(
      [...settings, ...settingsOf('EXAMPLE')].toSorted(),
    );
    const compose = namesIn('docker-compose.yml', /^ {6}([A-Z_]+):/gm);
    const own = new Set(['DATA_DIR', 'NODE_ENV']);
    expect(settings.filter((name) => !compose.includes(name) && !own.has(name))).toEqual([]);
  });

  it('name every command, and no other', () => {
    const named = [...sectionOf('Commands').matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z -]+)`/g)].flatMap(([, words = '']) => words.split(' ')),
    );
    const sources = readdirSync('src/cli').map((file) => read(`src/cli/${file}`));
    const made = sources.flatMap((source) => [...source.matchAll(/\.command\('([a-z-]+)'/g)]);
    expect([...new Set(named)].toSorted()).toEqual(
      [...new Set(made.map(([, name = '']) => name))].toSorted(),
    );
  });

  it('say of every dependency why it is there', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const installed = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    const named = [...sectionOf('Dependencies').matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    const covers = (name: string, item: string) =>
      name.endsWith('*') ? item.startsWith(name.slice(0, -1)) : name === item;
    expect(installed.filter((item) => !named.some((name) => covers(name, item)))).toEqual([]);
    expect(named.filter((name) => !installed.some((item) => covers(name, item)))).toEqual([]);
  });

  it('name files that exist', () => {
    const folders = 'src|test|views|migrations|seeds|bin|scripts|bench|docs';
    const mentions = readme.matchAll(new RegExp(`[\`(]((?:${folders})/[\\w./-]*)[\`)]`, 'g'));
    const paths = [...mentions].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !existsSync(path) && !existsSync(`${path}.test.ts`))).toEqual([]);
  });

  it('lead to sections that are there', () => {
    const anchors = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...readme.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('show every room of the source on the map', () => {
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const map = sectionOf('Map of the source');
    expect(rooms.map(({ name }) => `\`src/${name}/\``).filter((room) => !map.includes(room))).toEqual([]);
  });

  it('have a URL of every file of routes', () => {
    const imports = read('src/routes/index.ts').matchAll(/from '\.\/(.*?)\.ts'/g);
    const files = [...imports].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !sectionOf('URLs').includes(urlOf(file)))).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function sectionOf(title: string): string {
  const [, after = ''] = readme.split(`\n## ${title}\n`);
  return after.split('\n## ')[0] ?? '';
}

/** Where the file of a route is found in the table of URLs. */
function urlOf(file: string): string {
  const others: Record<string, string> = {
    health: '/healthz',
    home: 'GET /`',
    'interaction/sign-up': '/interaction/…',
    'protected-resource': '/.well-known/oauth-protected-resource',
  };
  return others[file] ?? `/${file}`;
}

async function signIn(browser: Browser, address: string): Promise<Page> {
  const page = await browser.get(address);
  if (!page.text.includes('name="password"')) return page;
  const { username: login, password } = demoPerson;
  return browser.submit(page, { login, password }, '/login');
}

/** The person sees the code of the terminal, says so, and signs in. */
async function approveDevice(browser: Browser, address: string): Promise<void> {
  const code = new URL(address).searchParams.get('user_code') ?? '';
  const confirm = await browser.get(address);
  expect(confirm.text).toContain(code);
  const page = await browser.submit(confirm, { confirm: 'yes' });
  const { username: login, password } = demoPerson;
  const consent = await browser.submit(page, { login, password }, '/login');
  const done = await browser.submit(consent, { decision: 'allow' }, '/consent');
  expect(done.text).toContain('You can go back');
}

/** The person types the letters that stand in the terminal above the link. */
async function allowTerminal(browser: Browser, address: string, output: string): Promise<void> {
  const [, letters = ''] = /^Your letters: ([A-Z]{4})$/m.exec(output) ?? [];
  const page = await signIn(browser, address);
  const done = await browser.submit(page, { letters, decision: 'allow' });
  expect(done.text).toContain('You can go back');
}

/** The person is sent back to the application, which may need a moment to listen. */
async function bringCodeBack(browser: Browser, address: string): Promise<void> {
  const page = await signIn(browser, address);
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch(page.url);
      expect(await answer.text()).toContain('You are signed in');
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(50);
    }
  }
}
