// A service that wants to be told when its people sign out (OpenID Connect Back-Channel Logout 1.0): it notes what it hears, and
// can also be broken or silent.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';

export interface Heard {
  method: string;
  contentType: string;
  token: string;
}

export interface PretendService {
  /** Where it listens for logout tokens. */
  logoutUri: string;
  /** In the order in which they came. */
  heard: Heard[];
  /** A status for everything from now on, or nothing at all. */
  answers: number | 'silence';
  stop(): Promise<void>;
}

export async function startPretendService(): Promise<PretendService> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void listen(request).then(() => {
      if (service.answers !== 'silence') response.writeHead(service.answers).end();
    });
  });
  async function listen(request: IncomingMessage): Promise<void> {
    const form = new URLSearchParams(await text(request));
    heard.push({
      method: request.method ?? '',
      contentType: request.headers['content-type'] ?? '',
      token: form.get('logout_token') ?? '',
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: PretendService = {
    logoutUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel-logout`,
    heard,
    answers: 200,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return service;
}

/** Back-Channel Logout §2.6, as an independent library and the standard's own list see it. Throws for a token that is not good. */
export async function claimsOf(token: string, issuer: string, clientId: string): Promise<JWTPayload> {
  const keys = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub'],
    currentDate: new Date(Date.now()),
  });
  const events = payload['events'] as Record<string, unknown>;
  if (typeof events['http://schemas.openid.net/event/backchannel-logout'] !== 'object')
    throw new Error(`not the event of a logout: ${JSON.stringify(events)}`);
  if ('nonce' in payload) throw new Error('a logout token has no nonce');
  return payload;
}
