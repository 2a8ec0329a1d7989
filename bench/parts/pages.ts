// What a person waits for and has to load: the sign-in page of a client with a look of its own, asked by one browser after the
// other, and all that the page is made of, with the heaviest picture that a client may have.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { png } from '../../test/support/pictures.ts';
import { REDIRECT_URI } from '../cast.ts';
import { get } from '../http-text.ts';
import { temporaryFolder } from '../processes.ts';
import { medianOf, takeTurns } from '../rounds.ts';
import { pinServer, runPortaria, startServer, type Portaria } from '../servers.ts';
import type { Stage } from '../stage.ts';
import { limitRow, whole, type Row } from '../table.ts';
import { cookiesOf, walkToSignIn } from '../walk.ts';
import { contestant, HELLO } from './versus.ts';

const PAGE = 'sign-in page, p50 of an answer';
const WEIGHT = 'sign-in page, all that it loads';
const CLIENT_ID = 'dressed';
/** Sign-ins under way, asked about in turn. */
const SIGN_INS = 20;
const EXPECTS = 'name="password"';
const LIMIT_MS = 20;
const LIMIT_KB = 60;
const LOGO_BYTES = 24 * 1024;

export async function measurePages({ portaria, generator, cores, plan }: Stage): Promise<Row[]> {
  await dress(portaria);
  const { page } = await walkToSignIn(portaria.port, { clientId: CLIENT_ID });
  const hello = await startServer('hello.ts', [page.text]);
  try {
    pinServer(hello, cores);
    const requests = await Promise.all(Array.from({ length: SIGN_INS }, () => signInRequest(portaria.port)));
    const question = { requests: () => ({ requests }), expects: EXPECTS, connections: 1 };
    const [ours = [], theirs = []] = await takeTurns(
      generator,
      [
        { ...contestant(portaria, PAGE), ...question },
        { ...contestant(hello, HELLO), ...question },
      ],
      plan.pace,
    );
    const [our = 0, their = 0] = [ours, theirs].map((turns) =>
      medianOf(turns, (turn) => turn.medianMilliseconds),
    );
    const cost = [ours, theirs].map((turns) => whole(medianOf(turns, (turn) => turn.microseconds)));
    return [
      {
        ...limitRow(PAGE, our, LIMIT_MS, 'ms', 2),
        reference: `${their.toFixed(2)} ms ${HELLO}`,
        cost: cost.join(' : '),
        note: 'one browser at a time; its sign-in is read from PostgreSQL each time',
      },
      {
        ...limitRow(WEIGHT, (await weigh(portaria.port, page.text)) / 1000, LIMIT_KB, 'kB', 1),
        note: 'not compressed: the page, its style, script and pictures, and a client’s picture of the largest size',
      },
    ];
  } finally {
    await hello.stop();
  }
}

async function dress(portaria: Portaria): Promise<void> {
  const file = join(temporaryFolder(), 'logo.png');
  const empty = png({ chunks: { tEXt: Buffer.alloc(0) } });
  writeFileSync(file, png({ chunks: { tEXt: Buffer.alloc(LOGO_BYTES - empty.length, 'a') } }));
  const client = ['--id', CLIENT_ID, '--first-party', '--redirect-uri', REDIRECT_URI];
  const look = ['--logo', file, '--brand-color', '#0b6e4f'];
  if ((await runPortaria(portaria, ['clients', 'create', ...client, ...look])) === undefined)
    throw new Error('the client with a look could not be made');
}

async function signInRequest(port: number): Promise<string> {
  const { browser, page } = await walkToSignIn(port, { clientId: CLIENT_ID });
  const { pathname } = new URL(page.url);
  return get(pathname, { Accept: 'text/html', Cookie: cookiesOf(browser, pathname) });
}

/** Bytes of the page and of what it names, and of what that names. */
async function weigh(port: number, html: string): Promise<number> {
  let bytes = Buffer.byteLength(html);
  const waiting = addressesIn(html);
  const known = new Set(waiting);
  for (const address of waiting) {
    const response = await fetch(`http://127.0.0.1:${port}${address}`);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    const body = Buffer.from(await response.arrayBuffer());
    bytes += body.length;
    if (!response.headers.get('content-type')?.startsWith('text/css')) continue;
    const more = addressesIn(body.toString('utf8')).filter((found) => !known.has(found));
    for (const found of more) known.add(found);
    waiting.push(...more);
  }
  if (known.size < 5) throw new Error(`the page loads ${[...known].join(', ')} only`);
  return bytes;
}

function addressesIn(text: string): string[] {
  return [
    ...new Set(
      [...text.matchAll(/"(\/(?:assets|brand|client-logos)\/[^"]+)"/g)].map(([, found = '']) => found),
    ),
  ];
}
