// An extension of VS Code signs people in with a code (RFC 8628), where the browser cannot come back to the editor or did not; and
// how often it asks meanwhile, of a server that is slow, away or asked too often.
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Callbacks } from '../../../sdk/vscode/src/callbacks.ts';
import { Server, type SignedIn } from '../../../sdk/vscode/src/server.ts';
import { signIn } from '../../../sdk/vscode/src/sign-in.ts';
import { Browser } from '../../support/browser.ts';
import { verify } from '../../support/people.ts';
import * as editor from '../../support/pretend-vscode.ts';
import { approveDevice, type DeviceAnswer } from '../../support/walks.ts';
import { openWorkplace } from './workplace.ts';

const { person } = editor;
const POLL_MS = 5_000;

const at = openWorkplace();

/** A program that waits five seconds does so at once, and time has gone by all the same. */
function passTime(): void {
  const { setTimeout: start } = globalThis;
  const now = Date.now.bind(Date);
  let moved = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((work: () => void, milliseconds?: number) => {
    if (milliseconds !== POLL_MS) return start(work, milliseconds);
    return start(() => {
      moved += POLL_MS;
      work();
    });
  });
}

describe('with a code', () => {
  const USE_CODE = 'Sign in with a code';
  const COPY = 'Copy code and open';
  beforeEach(() => {
    passTime();
    person.presses.add(COPY);
  });

  it.each<[string, () => void]>([
    ['in a window of a browser', () => (editor.env.uiKind = editor.UIKind.Web)],
    ['in an editor that is not registered', () => (editor.env.uriScheme = 'another-editor')],
  ])('signs somebody in %s', async (_title, change) => {
    change();
    at.begin();
    const session = await at.signIn();
    expect(session.account).toEqual({ id: at.ana, label: 'ana' });
    expect(person.read[0]).toBe(`Your code: ${person.clipboard}`);
    expect(person.read[1]).toContain(`check the code ${person.clipboard} in your browser`);
    expect((await verify(at.portaria, session.accessToken)).status).toBe(200);
  });

  it('signs somebody in whose browser did not come back', async () => {
    person.presses.add(USE_CODE);
    person.cancels = 'go on in your browser';
    person.browse = async (address) =>
      address.includes('/oauth/authorize') ? 'about:blank' : at.visit('allow')(address);
    expect((await at.signIn()).account.id).toBe(at.ana);
    expect(person.read).toContain('The sign-in to Example was stopped. Did the browser not come back?');
  });

  it('leaves it at that when the person does: no error is shown', async () => {
    person.cancels = 'go on in your browser';
    person.browse = async () => 'about:blank';
    await expect(at.signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    person.presses.clear();
    editor.env.uiKind = editor.UIKind.Web;
    at.begin();
    await expect(at.signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    expect(person.read.filter((text) => text.includes('did not work'))).toEqual([]);
  });

  it('ends when the person refuses, or waits too long', async () => {
    editor.env.uiKind = editor.UIKind.Web;
    at.begin();
    person.browse = at.visit('deny');
    await expect(at.signIn()).rejects.toThrow('It was refused in the browser.');
    person.browse = async () => 'about:blank';
    await expect(at.signIn()).rejects.toThrow(/The code has expired|authorization/);
  });
});

/** A sign-in whose person allows it after so many pauses; how long those were. The first ones may be cut short. */
async function signInAfter(
  pausesBefore: number,
  cutShort = 0,
): Promise<{ signedIn: SignedIn; pauses: number[] }> {
  const now = Date.now.bind(Date);
  let moved = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved);
  const pauses: number[] = [];
  let shown = {} as DeviceAnswer;
  const signedIn = await signIn(
    {
      server: new Server(at.portaria.url, 'cli'),
      callbacks: new Callbacks(new editor.Secrets(), 'callback'),
      desk: {
        open: async () => true,
        during: (work) => work(new AbortController().signal),
        offerCode: async () => false,
        showCode: async (user_code) => {
          shown = { user_code, verification_uri: `${at.portaria.url}/device` } as DeviceAnswer;
        },
      },
      async wait(milliseconds) {
        pauses.push(milliseconds);
        moved += pauses.length <= cutShort ? 1_000 : milliseconds;
        if (pauses.length === pausesBefore) await approveDevice(new Browser(at.portaria.url), shown);
      },
    },
    ['email'],
  );
  return { signedIn, pauses };
}

describe('a program that waits for its person', () => {
  it('asks every five seconds', async () => {
    const { signedIn, pauses } = await signInAfter(3);
    expect(signedIn.account).toEqual({ id: at.ana, label: 'ana@example.com' });
    expect(pauses).toEqual([5_000, 5_000, 5_000]);
  });

  it('asks more rarely when the server says that it is too often', async () => {
    const { signedIn, pauses } = await signInAfter(4, 2);
    expect([signedIn.account.id, pauses]).toEqual([at.ana, [5_000, 5_000, 10_000, 10_000]]);
  });

  it('asks more rarely while the server is away, and goes on afterwards', async () => {
    const { fetch: send } = globalThis;
    const answers = [
      new Response('', { status: 502 }),
      new Response('', { status: 503, headers: { 'retry-after': '30' } }),
    ];
    jest.spyOn(globalThis, 'fetch').mockImplementation((...request: Parameters<typeof fetch>) => {
      const answer = String(request[0]).endsWith('/oauth/token') ? answers.shift() : undefined;
      return answer ? Promise.resolve(answer) : send(...request);
    });
    const { signedIn, pauses } = await signInAfter(3);
    expect([signedIn.account.id, pauses]).toEqual([at.ana, [5_000, 10_000, 30_000]]);
  });
});
