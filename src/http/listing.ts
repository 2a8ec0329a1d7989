// Lists of the administration, page by page: each page says where the next one begins.
import { z } from 'zod';

export const LIST_MAX = 200;

/** What every list may be asked. */
export const pageFields = {
  after: z.string().max(2_000).optional().describe('The `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(LIST_MAX).default(LIST_MAX),
};

export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('Where the next page begins; null behind the last one.'),
  });
}

/** `rows`: one more than the page has, when there is another page. */
export function pageFrom<R, T>(
  rows: readonly R[],
  limit: number,
  { keyOf, toItem }: { keyOf: (row: R) => string; toItem: (row: R) => T },
): { items: T[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(toItem), next: rows.length > limit && last ? keyOf(last) : null };
}
