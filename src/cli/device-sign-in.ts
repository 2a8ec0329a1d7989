// Signs a person in from a terminal (RFC 8628): shows where to go and which code has to stand there, and waits. The link is
// also a picture for a telephone, and a page of the browser where there is one.
import { spawn } from 'node:child_process';
import type { DeviceAuthorizationResponse } from 'openid-client';
import { encode } from 'uqr';
import { FetchFault } from '../base/fetch.ts';
import { forbidden, gone, unreachable } from '../base/errors.ts';
import { asked, parseWebAddress, refusalIn, refused, type Issuer } from './issuer.ts';
import { harmless, toJson } from './output.ts';
import { signInOf } from './signed-in-at.ts';
import type { SignIn } from './sign-ins.ts';

export interface DeviceSignInOptions {
  scope: string;
  /** For programs: the link as JSON, and nothing that moves. */
  isJson: boolean;
  opensBrowser: boolean;
}

/** RFC 8628 §3.5: a server that does not answer is asked less often. */
const UNANSWERED_SECONDS = 10;
/** What a picture in the terminal holds. */
const LONGEST_LINK = 1_000;
const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

/** Throws 403 when the person says no, 410 when nobody has come. */
export async function signInByDevice(server: Issuer, options: DeviceSignInOptions): Promise<SignIn> {
  const { openid, configuration, url } = server;
  const { scope } = options;
  try {
    const device = await asked(url, () => openid.initiateDeviceAuthorization(configuration, { scope }));
    const link = linkOf(url, device);
    show(device, link, options);
    if (options.opensBrowser) openBrowser(link);
    const stopShowing = showWaiting(device.expires_in, options);
    const tokens = await asked(url, () =>
      openid.pollDeviceAuthorizationGrant(patient(server), device),
    ).finally(stopShowing);
    return signInOf(tokens, scope);
  } catch (error) {
    const code = refusalIn(error) ?? (error as { code?: unknown }).code;
    if (code === 'access_denied')
      throw forbidden('access_denied', 'Nothing was connected: it was refused in the browser.');
    if (code === 'expired_token' || code === 'OAUTH_TIMEOUT')
      throw gone('expired_token', 'Nobody has allowed it in time. Start again when you are at the browser.');
    throw refusalIn(error) === undefined ? error : refused(error);
  }
}

/** As people, cameras and browsers may be given it, whatever the server says. */
function linkOf(issuer: string, device: DeviceAuthorizationResponse): string {
  const link = parseWebAddress(device.verification_uri_complete ?? device.verification_uri)?.href;
  if (link !== undefined && link.length <= LONGEST_LINK) return link;
  throw unreachable(`${issuer} sends people to an address that is no page of the web. Nobody was signed in.`);
}

/** A poll that is not answered is one more poll, and not the end. */
function patient({ openid, configuration }: Issuer): Issuer['configuration'] {
  const ask = configuration[openid.customFetch];
  if (!ask) return configuration;
  configuration[openid.customFetch] = (...request) =>
    ask(...request).catch((error: unknown) => {
      if (!(error instanceof FetchFault)) throw error;
      return new Response(undefined, { status: 503, headers: { 'retry-after': String(UNANSWERED_SECONDS) } });
    });
  return configuration;
}

function show(device: DeviceAuthorizationResponse, link: string, { isJson }: DeviceSignInOptions): void {
  if (isJson) {
    const { device_code: _, ...shown } = device;
    process.stderr.write(`${toJson(shown)}\n`);
    return;
  }
  const picture = process.stderr.isTTY ? `${qrLines(link)}\n\n` : '';
  process.stderr.write(
    `Open this address, in any browser, on any device:\n\n  ${harmless(link)}\n\n${picture}` +
      `and see that the page shows this code:\n\n  ${harmless(device.user_code)}\n\n`,
  );
}

/** Answers how to end it. */
function showWaiting(seconds: number, { isJson }: DeviceSignInOptions): () => void {
  if (isJson) return () => undefined;
  const until = performance.now() + seconds * 1000;
  if (!process.stderr.isTTY) {
    process.stderr.write('Waiting …\n');
    return () => undefined;
  }
  const write = () => {
    const left = Math.max(0, Math.round((until - performance.now()) / 1000));
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    process.stderr.write(`\r\u001b[KWaiting … (${clock} left, Ctrl-C stops it)`);
  };
  write();
  const ticking = setInterval(write, 1000);
  return () => {
    clearInterval(ticking);
    process.stderr.write('\r\u001b[K');
  };
}

/** Two rows of squares in a line. Black on white whatever the colours of the terminal are: some cameras read no other. */
export function qrLines(text: string): string {
  const { data, size } = encode(text, { ecc: 'L', border: 2 });
  const lines = Array.from({ length: Math.ceil(size / 2) }, (_, line) => {
    const [upper = [], lower = []] = [data[line * 2], data[line * 2 + 1]];
    const cells = upper.map((isDark, x) => (isDark ? (lower[x] ? '█' : '▀') : lower[x] ? '▄' : ' '));
    return `  \u001b[38;5;16;48;5;231m${cells.join('')}\u001b[0m`;
  });
  return lines.join('\n');
}

/** As a desktop does it. When it cannot, the link is still there. */
function openBrowser(link: string): void {
  const child = spawn(OPENERS[process.platform] ?? 'xdg-open', [link], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
