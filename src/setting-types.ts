// What the value of a single setting may look like, and what becomes of it; which settings there are is in config.ts.
import { z } from 'zod';
import { parseDuration } from './base/duration.ts';
import { parseRedisUrl } from './base/redis-url.ts';
import { parseReuseWindow } from './oidc/lifetimes.ts';

function toSeconds(text: string, context: z.RefinementCtx, otherwise = ''): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({
    code: 'custom',
    message: `must be a duration such as 30s, 15m, 1h or 30d, ten years at most${otherwise}`,
  });
  return z.NEVER;
}

export const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => toSeconds(text, context));
/** Undefined for "off". */
export const durationOrOff = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => (text === 'off' ? undefined : toSeconds(text, context, ', or off')));

export const reuseWindow = z
  .string()
  .default('30s')
  .transform((text, context) => {
    const seconds = parseReuseWindow(text);
    if (seconds !== undefined) return seconds;
    context.addIssue({ code: 'custom', message: 'must be a duration up to 10m such as 30s, or 0' });
    return z.NEVER;
  });

/** Both ends included. */
export const wholeNumber = (
  least: number,
  most: number,
  sentence = `must be a whole number from ${least} to ${most}`,
) =>
  z.coerce
    .number(sentence)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, sentence);
export const port = wholeNumber(1, 65_535, 'must be a port number, 1 to 65535');

/** Separated by commas. */
export const items = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
export const list = items.prefault('');

export const cidrs = list.refine(
  (networks) => networks.every(isCidr),
  'must be addresses or CIDRs, separated by commas',
);

export const origin = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (
    url &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    !url.search &&
    !url.hash &&
    !url.username
  ) {
    return url.origin;
  }
  context.addIssue({
    code: 'custom',
    message: 'must be an origin such as https://login.example.com, without a path',
  });
  return z.NEVER;
});

/** Without a slash at its end. */
export const webAddress = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', message: 'must be an http or https address' });
  return z.NEVER;
});

/** To the letter: an issuer is compared, and an endpoint may end in a slash or carry a query. */
export const exactAddress = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.hash && !url.username && !url.password;
}, 'must be an http or https address');

export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://');
/** smtps, or smtp, which becomes encrypted when the server offers it (`?requireTLS=true`: or not at all). */
export const smtpUrl = z
  .string()
  .refine((text) => /^smtps?:$/.test(URL.parse(text)?.protocol ?? '') && URL.parse(text)?.hostname !== '', {
    message: 'must begin with smtp:// or smtps://, and name a host',
  });
/** "Name <address>", or the address alone. */
export const mailFrom = z.string().regex(/^[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>$|^[^<>@\s,]+@[^<>@\s,]+$/, {
  message: 'must be an address such as no-reply@example.com, or Name <no-reply@example.com>',
});
export const redisUrl = z.string().superRefine((text, context) => {
  const target = parseRedisUrl(text);
  if ('fault' in target) context.addIssue({ code: 'custom', message: target.fault });
});

function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const isAddress = family === 6 ? /^[0-9a-f:.]+$/i.test(address) : /^(\d{1,3}\.){3}\d{1,3}$/.test(address);
  return (
    isAddress &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)))
  );
}
