// Who may read our answers from a browser (Fetch Standard, "CORS protocol"): origins that were named, never a star.

export function corsHeaders(
  origin: string | undefined,
  allowed: ReadonlySet<string>,
  methods = 'GET, OPTIONS',
  headers = 'Authorization',
): Record<string, string> {
  if (origin === undefined || !allowed.has(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': headers,
    'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
    'access-control-max-age': '3600',
  };
}
