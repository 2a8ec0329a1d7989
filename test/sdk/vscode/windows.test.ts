// What the library keeps, where several windows of the editor share it and the network is not always there: one refresh for
// all, nobody signed out by a race or an outage, and nothing left after a sign-out.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Callbacks } from '../../../sdk/vscode/src/callbacks.ts';
import { Server } from '../../../sdk/vscode/src/server.ts';
import { Sessions, type Change, type Session } from '../../../sdk/vscode/src/sessions.ts';
import { Browser } from '../../support/browser.ts';
import { addClient, addPerson, verify } from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import { Secrets } from '../../support/pretend-vscode.ts';
import { approveDevice, type DeviceAnswer } from '../../support/walks.ts';

const MINUTE = 60_000;
const SCOPES = ['read'];

interface Window {
  sessions: Sessions;
  changes: Change[];
}

let portaria: Portaria;
let ana: string;
let secrets: Secrets;
let first: Window;
let second: Window;
/** By how much the clock was moved. */
let moved: number;
/** How long the library has waited between its tries, and what happened meanwhile. */
let pauses: number[];
let meanwhile: () => Promise<void>;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  await addClient(portaria, 'my-editor', {
    isPublic: true,
    isNative: true,
    redirectUris: [],
    grantTypes: ['device_code', 'refresh_token'],
  });
});
afterAll(() => portaria.stop());

beforeEach(() => {
  const now = Date.now.bind(Date);
  [moved, pauses, meanwhile] = [0, [], async () => undefined];
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved);
  secrets = new Secrets();
  [first, second] = [openWindow(), openWindow()];
});
afterEach(() => {
  jest.restoreAllMocks();
});

function openWindow(clientId = 'my-editor'): Window {
  const changes: Change[] = [];
  const sessions = new Sessions({
    secrets,
    server: new Server(portaria.url, clientId),
    prefix: 'portaria.session.',
    onChange: (change) => changes.push(change),
    async wait(milliseconds) {
      pauses.push(milliseconds);
      moved += milliseconds;
      await meanwhile();
    },
  });
  secrets.onDidChange(({ key }) => void sessions.heard(key));
  return { sessions, changes };
}

/** Ana signs in there. */
async function signIn(window = first): Promise<Session> {
  const server = new Server(portaria.url, 'my-editor');
  const device = await server.startDevice(SCOPES);
  await approveDevice(new Browser(portaria.url), device as DeviceAnswer);
  return window.sessions.add(await server.pollDevice(device, new AbortController().signal), SCOPES);
}

/** The token that a window has now. */
async function tokenOf(window: Window): Promise<string | undefined> {
  const [session] = await window.sessions.list(SCOPES);
  return session?.accessToken;
}

async function statusOf(token = ''): Promise<number> {
  return (await verify(portaria, token)).status;
}

/** Until the windows have heard of it. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** The network does this to the next token requests, one after the other. */
function disturb(...ways: ((send: () => Promise<Response>) => Promise<Response>)[]): void {
  const { fetch: send } = globalThis;
  jest.spyOn(globalThis, 'fetch').mockImplementation((...request: Parameters<typeof fetch>) => {
    const way = String(request[0]).endsWith('/oauth/token') ? ways.shift() : undefined;
    return way ? way(() => send(...request)) : send(...request);
  });
}
const noNetwork = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));

describe('a refresh', () => {
  it('is one for all windows, and all of them hear of it', async () => {
    const session = await signIn();
    await settle();
    expect(await tokenOf(second)).toBe(session.accessToken);
    moved = 59.5 * MINUTE;
    const tokens = await Promise.all([first, first, second, second].map(tokenOf));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(session.accessToken);
    await settle();
    for (const { changes } of [first, second]) {
      expect(changes.map(({ added, changed }) => [added, changed].map(({ length }) => length))).toEqual([
        [1, 0],
        [0, 1],
      ]);
      expect(changes[1]?.changed[0]?.accessToken).toBe(tokens[0]);
    }
    // Far beyond the window in which the server forgives.
    moved += 59.5 * MINUTE;
    const next = await tokenOf(second);
    expect([await statusOf(next), await tokenOf(first)]).toEqual([200, next]);
  });

  it('is not made before it has to be', async () => {
    const { accessToken } = await signIn();
    moved = 58 * MINUTE;
    expect(await tokenOf(second)).toBe(accessToken);
  });

  it('is sent again when the answer got lost, and nothing is lost with it', async () => {
    await signIn();
    moved = 2 * 60 * MINUTE;
    disturb((send) => send().then(noNetwork));
    expect([await statusOf(await tokenOf(first)), pauses]).toEqual([200, [1_000]]);
  });

  it('waits for as long as the server wants, if that is soon', async () => {
    await signIn();
    moved = 2 * 60 * MINUTE;
    disturb(async () => new Response('', { status: 503, headers: { 'retry-after': '2' } }));
    expect([await statusOf(await tokenOf(first)), pauses]).toEqual([200, [2_000]]);
  });

  it('signs nobody out when the server cannot be asked, and is made up for later', async () => {
    const { accessToken } = await signIn();
    moved = 2 * 60 * MINUTE;
    disturb(noNetwork, noNetwork, noNetwork);
    expect([await tokenOf(first), pauses]).toEqual([accessToken, [1_000, 3_000]]);
    expect(await statusOf(await tokenOf(first))).toBe(200);
  });

  it('sends no token that another window has used meanwhile: the server would take it for stolen', async () => {
    await signIn();
    moved = 60 * MINUTE;
    meanwhile = async () => {
      await tokenOf(first);
      moved += 60 * MINUTE;
      await tokenOf(first);
    };
    disturb(noNetwork);
    const token = await tokenOf(second);
    expect([await statusOf(token), await tokenOf(first)]).toEqual([200, token]);
  });

  it('that comes back late takes the place of no newer one', async () => {
    await signIn();
    moved = 60 * MINUTE;
    disturb(async (send) => {
      const response = await send();
      await tokenOf(first);
      moved += 60 * MINUTE;
      await tokenOf(first);
      return response;
    });
    const token = await tokenOf(second);
    expect([await statusOf(token), await tokenOf(first)]).toEqual([200, token]);
  });
});

describe('the end', () => {
  it.each(['', '{"issuer":', 'null', '{}'])(
    'of a secret that is damaged (%p) keeps nobody else out',
    async (text) => {
      const { id } = await signIn();
      await secrets.store(`portaria.session.${id}`, text);
      await settle();
      expect(await first.sessions.list()).toEqual([]);
      await signIn();
      expect(await statusOf(await tokenOf(second))).toBe(200);
    },
  );

  it('of a session at the server is its end here, in every window', async () => {
    const session = await signIn();
    await tokenOf(second);
    await portaria.services.administration.signOut(ana);
    moved = 60 * MINUTE;
    expect([await tokenOf(first), await secrets.keys()]).toEqual([undefined, []]);
    await settle();
    for (const { changes } of [first, second]) expect(changes.at(-1)?.removed).toEqual([session]);
  });

  it('in one window is the end of what another one just refreshes', async () => {
    const { id } = await signIn();
    moved = 60 * MINUTE;
    let late = '';
    disturb(async (send) => {
      const response = await send();
      late = ((await response.clone().json()) as { access_token: string }).access_token;
      await first.sessions.remove(id);
      return response;
    });
    expect([await tokenOf(second), await secrets.keys()]).toEqual([undefined, []]);
    expect([late.length > 20, await statusOf(late)]).toEqual([true, 401]);
  });

  it('comes here also when the server cannot be told, which is said', async () => {
    const { id } = await signIn();
    jest.spyOn(globalThis, 'fetch').mockImplementation(noNetwork);
    await expect(first.sessions.remove(id)).rejects.toThrow();
    expect(await first.sessions.list()).toEqual([]);
  });

  it('is that of an earlier sign-in for the same', async () => {
    const earlier = await signIn();
    const later = await signIn(second);
    expect(await first.sessions.list()).toEqual([later]);
    expect(await statusOf(earlier.accessToken)).toBe(401);
    expect(await statusOf(later.accessToken)).toBe(200);
  });
});

it('shows the sessions of one client to no other', async () => {
  await signIn();
  moved = 60 * MINUTE;
  disturb(() => Promise.reject(new Error('a token went elsewhere')));
  expect(await openWindow('another-editor').sessions.list()).toEqual([]);
});

describe('an answer of the browser', () => {
  const open = (): Callbacks => {
    const callbacks = new Callbacks(secrets, 'portaria.callback');
    secrets.onDidChange(({ key }) => void callbacks.heard(key));
    return callbacks;
  };

  it('finds the window that waits for it, and is kept no longer', async () => {
    const [asking, other] = [open(), open()];
    const waiting = asking.expect('the state');
    await other.arrived(new URLSearchParams({ state: 'the state', code: 'the code' }));
    const answer = await waiting.answer(new AbortController().signal);
    expect(answer.get('code')).toBe('the code');
    await settle();
    expect(await secrets.keys()).toEqual([]);
  });

  it('that comes when nobody waits any more does nothing', async () => {
    const asking = open();
    const waiting = asking.expect('the state');
    const giveUp = new AbortController();
    const answer = waiting.answer(giveUp.signal);
    giveUp.abort(new Error('the person does not want to'));
    await expect(answer).rejects.toThrow('the person does not want to');
    waiting.stop();
    await asking.arrived(new URLSearchParams({ state: 'the state' }));
    await settle();
    await expect(
      asking.expect('another state').answer(AbortSignal.abort(new Error('nothing came'))),
    ).rejects.toThrow('nothing came');
  });
});
