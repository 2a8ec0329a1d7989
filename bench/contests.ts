// Owns what is compared with what: the requests, the right answers, and the ratio that we want. Each contest ends with
// the server that the others are measured against.
import { SERVICE_ID, type Seeded } from './cast.ts';
import type { Cores } from './machine.ts';
import { medianOf, medianRatio, takeTurns, type Contestant, type Pace, type Turns } from './rounds.ts';
import { pinServer, startScript, type LoadGenerator, type Portaria, type Server } from './servers.ts';

export interface Rate {
  what: string;
  against: string;
  perSecond: number;
  referencePerSecond: number;
  ratio: number;
  /** Undefined for what is only told. */
  target: number | undefined;
  /** Processor time of the server for one answer. */
  microseconds: number;
  referenceMicroseconds: number;
  /** How much of its core each server had: far below 1 it waited for something else. */
  share: number;
  referenceShare: number;
}

export interface Ring {
  portaria: Portaria;
  seeded: Seeded;
  generator: LoadGenerator;
  cores: Cores | undefined;
  pace: Pace;
}

type Question = Pick<Contestant, 'requests' | 'expects'>;

const ENGINE = 'bare engine, in memory';
const HELLO = 'bare node:http';

export async function compareTokens(ring: Ring): Promise<Rate[]> {
  return againstEngine(ring, 'client-credentials tokens', 0.5, ({ serviceSecret }) => ({
    requests: [post('/oauth/token', 'grant_type=client_credentials&scope=read', serviceSecret)],
    expects: '"access_token":"',
  }));
}

export async function compareIntrospection(ring: Ring): Promise<Rate[]> {
  return [
    ...(await againstEngine(ring, "introspection, the asker's own token", 0.7, (its) =>
      introspect(its, its.machineToken),
    )),
    ...(await againstEngine(ring, 'introspection, a person’s token', 0.7, (its) =>
      introspect(its, its.personTokens[0]),
    )),
  ];
}

function introspect({ serviceSecret }: Seeded, token = ''): Question {
  return { requests: [post('/oauth/introspect', `token=${token}`, serviceSecret)], expects: '"active":true' };
}

/** One token again and again, and a different one every time. */
export async function compareVerify({ portaria, seeded, generator, cores, pace }: Ring): Promise<Rate[]> {
  const requests = seeded.personTokens.map((token) => get('/api/verify', `Bearer ${token}`));
  const response = await fetch(`http://127.0.0.1:${portaria.port}/api/verify`, {
    headers: { authorization: `Bearer ${seeded.personTokens[0]}` },
  });
  const hello = await startScript('hello.ts', [await response.text()]);
  try {
    pinServer(hello, cores);
    const expects = '"active":true';
    const [one = [], different = [], reference = []] = await takeTurns(
      generator,
      [
        { ...of(portaria, 'Portaria, one token'), requests: requests.slice(0, 1), expects },
        { ...of(portaria, 'Portaria, every token different'), requests, isOnce: true, expects },
        { ...of(hello, HELLO), requests: requests.slice(0, 1), expects },
      ],
      pace,
    );
    return [
      rate('GET /api/verify, one live token', HELLO, one, reference, 0.35),
      rate('GET /api/verify, every token different', HELLO, different, reference, undefined),
    ];
  } finally {
    await hello.stop();
  }
}

/** A new engine for every contest: its memory holds a thousand things, and a token must still be there. */
async function againstEngine(
  { portaria, seeded, generator, cores, pace }: Ring,
  what: string,
  target: number,
  ask: (seeded: Seeded) => Question,
): Promise<Rate[]> {
  const engine = await startScript<{ seeded: Seeded }>('bare-engine.ts');
  try {
    pinServer(engine, cores);
    const [ours = [], reference = []] = await takeTurns(
      generator,
      [
        { ...of(portaria, 'Portaria'), ...ask(seeded) },
        { ...of(engine, ENGINE), ...ask(engine.seeded) },
      ],
      pace,
    );
    return [rate(what, ENGINE, ours, reference, target)];
  } finally {
    await engine.stop();
  }
}

function of({ pid, port }: Server, name: string): Pick<Contestant, 'pid' | 'port' | 'name'> {
  return { pid, port, name };
}

function rate(
  what: string,
  against: string,
  ours: Turns,
  reference: Turns,
  target: number | undefined,
): Rate {
  return {
    what,
    against,
    target,
    perSecond: medianOf(ours, (turn) => turn.perSecond),
    referencePerSecond: medianOf(reference, (turn) => turn.perSecond),
    ratio: medianRatio(ours, reference, (turn) => turn.perSecond),
    microseconds: medianOf(ours, (turn) => turn.microseconds),
    referenceMicroseconds: medianOf(reference, (turn) => turn.microseconds),
    share: medianOf(ours, (turn) => turn.share),
    referenceShare: medianOf(reference, (turn) => turn.share),
  };
}

function get(path: string, authorization: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`;
}

function post(path: string, form: string, secret: string): string {
  const credentials = Buffer.from(`${SERVICE_ID}:${secret}`).toString('base64');
  return [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Basic ${credentials}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${Buffer.byteLength(form)}`,
    '',
    form,
  ].join('\r\n');
}
