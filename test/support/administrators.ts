// People who administer, each with a token of the command line's, and how the API is called with it.
import { expect } from '@jest/globals';
import { operations, type Operations } from '../../src/operations.ts';
import { Browser } from './browser.ts';
import { addPerson, type TokenAnswer } from './people.ts';
import { startAnotherNode, startPortaria, type Portaria } from './portaria.ts';
import { approveDevice, poll, startDevice } from './walks.ts';

export interface Administrator {
  id: string;
  name: string;
  token: string;
  refreshToken: string;
}

/** Somebody with these roles who signed in from a terminal and asked for the scopes. */
export async function signedInAdministrator(
  portaria: Portaria,
  name: string,
  { roles = ['admin'], scope = 'openid offline_access admin' }: { roles?: string[]; scope?: string } = {},
): Promise<Administrator> {
  const id = await addPerson(portaria, name);
  await portaria.services.administration.update(id, { roles });
  const { access_token: token, refresh_token: refreshToken = '' } = await tokensByDevice(
    portaria,
    name,
    scope,
  );
  return { id, name, token, refreshToken };
}

export async function tokensByDevice(portaria: Portaria, login: string, scope: string): Promise<TokenAnswer> {
  const device = await startDevice(portaria, 'cli', scope);
  await approveDevice(new Browser(portaria.url), device, login);
  const { status, body } = await poll(portaria, 'cli', device);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

export interface Called {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { items?: Record<string, unknown>[] };
}

/** `request`: a method and a path below the root, such as "GET /clients". */
export async function call(
  node: Pick<Portaria, 'address'>,
  token: string | undefined,
  request: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Called> {
  const [method = '', path = ''] = request.split(' ');
  const response = await fetch(`${node.address}/api/admin/v1${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Called['body'],
  };
}

export interface Asking {
  /** By the name of an operation; `fields` fill its path. The answer has to be what its schema says, and nothing more. */
  ask: (
    name: keyof Operations,
    fields?: Record<string, string>,
    body?: object,
    query?: string,
  ) => Promise<Called['body']>;
  /** What the audit says of the last rows of administrators: the event and who acted. */
  lastRows(count: number): Promise<unknown[]>;
  goOnAs(who: Administrator): void;
  /** The names of what was asked. */
  done: Set<string>;
}

export function asking(portaria: Portaria, first: Administrator): Asking {
  let who = first;
  const done = new Set<string>();
  const ask: Asking['ask'] = async (name, fields = {}, body, query = '') => {
    const { method, path, answer, ...rest } = operations[name];
    const filled = path.replaceAll(/:(\w+)/g, (_, field: string) => encodeURIComponent(fields[field] ?? ''));
    const called = await call(portaria, who.token, `${method.toUpperCase()} ${filled}${query}`, body);
    if (called.status >= 400) throw new Error(JSON.stringify(called.body));
    expect(called.status).toBe('status' in rest ? rest.status : 200);
    expect(answer.safeParse(called.body)).toMatchObject({ success: true });
    done.add(name);
    return called.body;
  };
  return {
    ask,
    async lastRows(count) {
      const { items = [] } = await ask('listAudit');
      const ours = items.filter(({ actor_id: actor }) => actor !== null);
      return ours.slice(0, count).map(({ event, actor_id: actor }) => [event, actor]);
    },
    goOnAs(next) {
      who = next;
    },
    done,
  };
}

export interface Administered {
  portaria: Portaria;
  /** Another node of the same house. */
  other: Portaria;
  boss: Administrator;
  asked: Asking;
  stop(): Promise<void>;
}

/** A house of two nodes, and its one administrator. */
export async function startAdministered(): Promise<Administered> {
  const portaria = await startPortaria();
  const other = await startAnotherNode(portaria);
  const boss = await signedInAdministrator(portaria, 'boss');
  return {
    portaria,
    other,
    boss,
    asked: asking(portaria, boss),
    async stop() {
      await other.stop();
      await portaria.stop();
    },
  };
}
