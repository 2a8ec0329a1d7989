// RFC 8628 §3.5 in the library: how often it asks while a person types the code, and what it makes of a server that is slow, away
// or asked too often.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Callbacks } from '../../../sdk/vscode/src/callbacks.ts';
import { Server, type SignedIn } from '../../../sdk/vscode/src/server.ts';
import { signIn } from '../../../sdk/vscode/src/sign-in.ts';
import { Browser } from '../../support/browser.ts';
import { addPerson } from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import { Secrets } from '../../support/pretend-vscode.ts';
import { approveDevice, type DeviceAnswer } from '../../support/walks.ts';

let portaria: Portaria;
let ana: string;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
});
afterAll(() => portaria.stop());
afterEach(() => {
  jest.restoreAllMocks();
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
      server: new Server(portaria.url, 'cli'),
      callbacks: new Callbacks(new Secrets(), 'callback'),
      desk: {
        open: async () => true,
        during: (work) => work(new AbortController().signal),
        offerCode: async () => false,
        showCode: async (user_code) => {
          shown = { user_code, verification_uri: `${portaria.url}/device` } as DeviceAnswer;
        },
      },
      async wait(milliseconds) {
        pauses.push(milliseconds);
        moved += pauses.length <= cutShort ? 1_000 : milliseconds;
        if (pauses.length === pausesBefore) await approveDevice(new Browser(portaria.url), shown);
      },
    },
    ['email'],
  );
  return { signedIn, pauses };
}

describe('a program that waits for its person', () => {
  it('asks every five seconds', async () => {
    const { signedIn, pauses } = await signInAfter(3);
    expect(signedIn.account).toEqual({ id: ana, label: 'ana@example.com' });
    expect(pauses).toEqual([5_000, 5_000, 5_000]);
  });

  it('asks more rarely when the server says that it is too often', async () => {
    const { signedIn, pauses } = await signInAfter(4, 2);
    expect([signedIn.account.id, pauses]).toEqual([ana, [5_000, 5_000, 10_000, 10_000]]);
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
    expect([signedIn.account.id, pauses]).toEqual([ana, [5_000, 10_000, 30_000]]);
  });
});
