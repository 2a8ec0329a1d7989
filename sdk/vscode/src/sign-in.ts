// A sign-in from the person's first click to the tokens: over the browser, which comes back to the editor by itself, or with a
// code, where it cannot come back or did not. What the editor shows meanwhile is behind `Desk`; it knows nothing of VS Code.
import type { Callbacks } from './callbacks.ts';
import { refusalOf, retryAfterOf, type Device, type Server, type SignedIn } from './server.ts';
import type { Wait } from './wait.ts';

/** RFC 8628 §3.5: slow_down adds five seconds; a server that says no interval means five. */
const SLOWER_BY_MS = 5_000;

/** The editor, as far as a sign-in needs it. */
export interface Desk {
  /** An address that brings the browser back to the editor, as it is registered; without one only a code will do. */
  redirectUri?: string;
  /** Opens the person's browser; false when it could not. */
  open(address: string): PromiseLike<boolean>;
  /** Shows that something goes on, with the code if there is one; the signal says that the person does not want to wait. */
  during<T>(work: (signal: AbortSignal) => Promise<T>, code?: string): PromiseLike<T>;
  /** The person gave up waiting for the browser: a code instead? */
  offerCode(): PromiseLike<boolean>;
  /** Shows the code, with a button that copies it. Throws when the person leaves it at that. */
  showCode(code: string, address: string): Promise<void>;
}

export interface SignInDependencies {
  server: Server;
  callbacks: Callbacks;
  desk: Desk;
  wait: Wait;
}

export async function signIn(
  its: SignInDependencies,
  scopes: readonly string[],
  loginHint?: string,
): Promise<SignedIn> {
  const { redirectUri } = its.desk;
  return (redirectUri && (await overBrowser(its, redirectUri, scopes, loginHint))) || withCode(its, scopes);
}

/** Nothing when a code has to do it. */
async function overBrowser(
  { server, callbacks, desk }: SignInDependencies,
  redirectUri: string,
  scopes: readonly string[],
  loginHint?: string,
): Promise<SignedIn | undefined> {
  const request = await server.requestAuthorization(redirectUri, scopes, loginHint);
  const waiting = callbacks.expect(request.state);
  let isGivenUp = false;
  try {
    return await desk.during(async (signal) => {
      signal.addEventListener('abort', () => (isGivenUp = true));
      if (!(await desk.open(request.address))) return undefined;
      return request.redeem(await waiting.answer(signal), signal);
    });
  } catch (error) {
    if (isGivenUp && (await desk.offerCode())) return undefined;
    throw error;
  } finally {
    waiting.stop();
  }
}

async function withCode(
  { server, desk, wait }: SignInDependencies,
  scopes: readonly string[],
): Promise<SignedIn> {
  const device = await server.startDevice(scopes);
  await desk.showCode(device.user_code, device.verification_uri_complete ?? device.verification_uri);
  return desk.during((signal) => untilAllowed(server, device, wait, signal), device.user_code);
}

/** RFC 8628 §3.5. Throws what the server says at last, or the signal's reason. */
async function untilAllowed(
  server: Server,
  device: Device,
  wait: Wait,
  signal: AbortSignal,
): Promise<SignedIn> {
  const endsAt = Date.now() + device.expires_in * 1_000;
  let pause = (device.interval ?? 5) * 1_000;
  for (;;) {
    await wait(pause, signal);
    try {
      return await server.pollDevice(device, signal);
    } catch (error) {
      signal.throwIfAborted();
      const refusal = refusalOf(error)?.error;
      if (refusal === 'slow_down') pause += SLOWER_BY_MS;
      // A server that does not answer is asked ever more rarely.
      else if (refusal === undefined) pause = Math.max(pause * 2, retryAfterOf(error) ?? 0);
      else if (refusal !== 'authorization_pending') throw error;
      if (Date.now() + pause > endsAt) throw error;
    }
  }
}
