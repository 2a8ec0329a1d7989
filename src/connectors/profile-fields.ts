// What is taken from an upstream's answer, which may be anything at all: the field of a wrong kind counts as absent, and
// no text has a character that no column can hold. Which field means what is each connector's own knowledge.

/** More than any name, address or picture of theirs has. */
const TEXT_MAX_LENGTH = 1_000;
/** OpenID Connect Core §2: a subject has 255 characters at most. */
const SUBJECT_MAX_LENGTH = 255;

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | undefined {
  const text =
    typeof value === 'string'
      ? value
          .toWellFormed()
          .replace(/\p{Cc}/gu, '')
          .trim()
      : '';
  return text === '' ? undefined : text.slice(0, TEXT_MAX_LENGTH);
}

export function webAddressOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text && /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined;
}

/** A language tag such as `pt-BR`; some upstreams write `pt_BR`. */
export function localeOf(value: unknown): string | undefined {
  const tag = textOf(value)?.replaceAll('_', '-');
  return tag && /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i.test(tag) ? tag : undefined;
}

/**
 * Who somebody is at the upstream, to the letter: nothing is trimmed or mended, or two people could become one. A number
 * counts while it is exact. Throws when it is nothing of the kind.
 */
export function subjectOf(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return String(value);
  const isText =
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= SUBJECT_MAX_LENGTH &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value);
  if (!isText) throw new Error('the person has no usable identifier');
  return value;
}

/** The value at a path such as `response.id`, of own fields only. */
export function fieldAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (Object.hasOwn(recordOf(inner), name) ? recordOf(inner)[name] : undefined),
      value,
    );
}
