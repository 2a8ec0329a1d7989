// What every request carries: an id, the caller's address, our own origin. The origin is the issuer's, whatever the
// Host header says; the address comes from X-Forwarded-For only when the peer is a proxy that we were told to trust.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type BlockList } from 'node:net';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import type { Audit } from '../audit/audit.ts';
import { addressList, isListed } from '../base/addresses.ts';

/** Host and scheme are the issuer's for all that an application builds: addresses, cookies, metadata. */
export function pinOrigin(app: Koa, issuer: string): void {
  const { host, hostname, protocol } = new URL(issuer);
  const pinned = { host, hostname, protocol: protocol.slice(0, -1) };
  for (const [name, value] of Object.entries(pinned)) {
    Object.defineProperty(app.request, name, { configurable: true, get: () => value });
  }
}

/** The engine and our router fold the case of a path and take a slash off its end: from here on there is one spelling. */
export function spellPaths(paths: readonly string[]): Middleware {
  const known = new Set(paths);
  return (ctx, next) => {
    const plain = ctx.path.toLowerCase().replace(/\/$/, '');
    if (plain !== ctx.path && known.has(plain)) ctx.path = plain;
    return next();
  };
}

/** Reads the caller's address out of a request. */
export type AddressReader = (request: IncomingMessage) => string;

export function addressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = addressList(trustedProxies);
  return (request) => clientAddress(request, trusted);
}

/** Makes `ctx.ip` the caller's address. */
export function pinAddress(app: Koa, trustedProxies: readonly string[]): void {
  const addressOf = addressReader(trustedProxies);
  Object.defineProperty(app.request, 'ip', {
    configurable: true,
    get(this: { req: IncomingMessage }) {
      return addressOf(this.req);
    },
  });
}

/** Gives the request its id and lets the audit know where it comes from. */
export function identifyRequest(audit: Audit): Middleware {
  return (ctx, next) => {
    const requestId = randomUUID();
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    const address = isIP(ctx.ip) ? ctx.ip : undefined;
    return audit.from({ address, agent: ctx.get('user-agent') || undefined, requestId }, next);
  };
}

export function requestIdOf(ctx: Context): string {
  return String(ctx.state['requestId'] ?? '');
}

/** From the right, the first address that no proxy of ours wrote (RFC 7239 §7.4 on trust). */
function clientAddress(request: IncomingMessage, trusted: BlockList): string {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded === undefined || !isListed(peer, trusted)) return peer;
  const hops = String(forwarded)
    .split(',')
    .map((hop) => addressIn(hop.trim()));
  const first = hops.findLast((hop) => !isListed(hop, trusted)) ?? peer;
  // What is no address ("unknown") ends the search: whatever stands left of it, anybody may have written.
  return isIP(first) === 0 ? peer : first;
}

/** Proxies write a port behind the address, and brackets around one of IPv6 (RFC 7239 §6). */
function addressIn(hop: string): string {
  const [, bracketed, withPort] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop) ?? [];
  return plainAddress(bracketed ?? withPort ?? hop);
}

function plainAddress(text: string): string {
  // The zone of a link-local address is no part of it.
  const address = text.replace(/%.*$/, '');
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}
