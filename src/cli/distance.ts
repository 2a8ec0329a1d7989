// The administration of a server that is elsewhere: each operation is one request to its API. What the server refuses is refused
// here in its own words.
import { setTimeout as pause } from 'node:timers/promises';
import { notFound, refusedElsewhere } from '../base/errors.ts';
import { ADMIN_API, parametersOf, type Operation } from '../http/operation.ts';
import { operations, type Operations } from '../operations.ts';
import { documentIn, parseIssuer, sendTo } from './issuer.ts';
import { accessTokenFor, discardToken } from './signed-in-at.ts';

/** Whoever lists millions has to wait for their turn, again and again; nobody waits for hours. */
const LONGEST_WAIT_SECONDS = 60;
const MOST_WAITS = 5;

export async function askAt(
  address: string,
): Promise<(name: keyof Operations, input: object) => Promise<unknown>> {
  const issuer = parseIssuer(address);
  // Before anything is read from a terminal for it.
  await accessTokenFor(issuer);
  return (name, input) => askOnce(issuer, operations[name], input);
}

async function askOnce(issuer: string, operation: Operation, input: object): Promise<unknown> {
  const { path, body } = requestOf(operation, input);
  let isFresh = false;
  for (let waits = 0; ;) {
    const token = await accessTokenFor(issuer);
    const answer = await sendTo(issuer, path, { method: operation.method.toUpperCase(), token, body });
    if (answer.status === 401 && !isFresh) {
      await discardToken(issuer, token);
      isFresh = true;
      continue;
    }
    const waitSeconds = Number(answer.headers.get('retry-after'));
    if (answer.status === 429 && waitSeconds <= LONGEST_WAIT_SECONDS && waits < MOST_WAITS) {
      waits += 1;
      await pause(waitSeconds * 1000);
      continue;
    }
    return answerIn(issuer, answer);
  }
}

function requestOf({ method, path }: Operation, input: object): { path: string; body: object | undefined } {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const inPath = parametersOf(path);
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
    inPathOf(String(Object.fromEntries(given)[name])),
  );
  const rest = given.filter(([name]) => !inPath.includes(name));
  if (method !== 'get')
    return { path: ADMIN_API + filled, body: rest.length > 0 ? Object.fromEntries(rest) : undefined };
  const query = new URLSearchParams(
    rest.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return { path: `${ADMIN_API}${filled}${query && `?${query}`}`, body: undefined };
}

/** However it is written, a dot or two would be a step through the path (RFC 3986 §5.2.4), to another operation. */
function inPathOf(value: string): string {
  if (value === '.' || value === '..') throw notFound(`Nothing is called "${value}".`);
  return encodeURIComponent(value);
}

async function answerIn(issuer: string, answer: Response): Promise<unknown> {
  const document = await documentIn(issuer, answer);
  if (answer.ok) return document;
  const { error = 'server_error', error_description: sentence = `${issuer} answered ${answer.status}.` } =
    document;
  throw refusedElsewhere(answer.status, String(error), String(sentence));
}
