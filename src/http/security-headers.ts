// The headers that answers carry (OWASP ASVS V3, RFC 9700 §4.16). Pages: no inline script, no outside source, no frame. The
// endpoints that only programs ask get the few that mean something to them.
import type { Middleware } from 'koa';

// No form-action: it also covers the redirects after a form is sent, and a sign-in ends in one to the client.
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FOR_PROGRAMS = /^\/oauth\/(token|introspect|revoke|userinfo|par|device_authorization)$/;

export function headersForPrograms(issuer: string): Record<string, string> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(issuer.startsWith('https:') && {
      'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    }),
  };
}

export function securityHeaders(issuer: string): Middleware {
  const forAll = headersForPrograms(issuer);
  const forPages: Record<string, string> = {
    ...forAll,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Frame-Options': 'DENY',
    // Nothing for others. With no-referrer a form of ours would come with the origin "null".
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  };
  return (ctx, next) => {
    ctx.set(FOR_PROGRAMS.test(ctx.path) ? forAll : forPages);
    return next();
  };
}
