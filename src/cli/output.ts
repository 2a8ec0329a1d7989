// How a command speaks: one JSON document on standard output with --json, else aligned text for people. What comes
// from outside (names, user agents) cannot steer the terminal.

export interface OutputOptions {
  json?: boolean;
}

/** The heading of each column → what stands in it. */
export type Columns<T> = Record<string, (item: T) => string | null | undefined>;

export interface Listing<T> {
  columns: Columns<T>;
  /** What people read when there is nothing. */
  empty: string;
}

/** `document` for programs, `text` for people. */
export function print({ json }: OutputOptions, document: object, text: string): void {
  process.stdout.write(json ? `${toJson(document, 2)}\n` : `${harmlessLines(text)}\n`);
}

/** Everything there is, page by page: a long list is neither gathered in memory nor waited for. */
export async function printPages<T>(
  { json }: OutputOptions,
  pages: AsyncIterable<T[]>,
  { columns, empty }: Listing<T>,
): Promise<void> {
  const widths: number[] = [];
  let isFirst = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    if (json) {
      const lines = page.map((item) => `  ${toJson(item)}`);
      await write(`${isFirst ? '[' : ','}\n${lines.join(',\n')}`);
    } else {
      const rows = rowsOf(page, columns);
      await write(aligned(isFirst ? [Object.keys(columns), ...rows] : rows, widths));
    }
    isFirst = false;
  }
  if (json) await write(isFirst ? '[]\n' : '\n]\n');
  else if (isFirst) await write(`${empty}\n`);
}

/** All that `list` has, page by page: each says where the next one begins. */
export async function* pagesOf<T>(
  list: (after: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): AsyncGenerator<T[]> {
  for (let after: string | undefined; ;) {
    const { items, next } = await list(after);
    yield items;
    if (next === null) return;
    after = next;
  }
}

/** Rows under headings, without paging. */
export function table<T>(items: readonly T[], columns: Columns<T>): string {
  return aligned([Object.keys(columns), ...rowsOf(items, columns)]).trimEnd();
}

/** One thing: a line for each label whose value is there. A list takes a line for each of its values. */
export function fields(pairs: Record<string, string | readonly string[] | undefined>): string {
  const rows = Object.entries(pairs).flatMap(([label, value]) => {
    const values = value === undefined ? [] : [value].flat();
    return values.map((text, line) => [line === 0 ? label : '', text]);
  });
  return aligned(rows).trimEnd();
}

/** To the second, in UTC. */
export function formatTime(time: Date | string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

export function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'no';
}

/** JSON leaves U+007F to U+009F as they are, and a terminal obeys some of them. */
export function toJson(document: unknown, indent?: number): string {
  const escaped = (letter: string) => `\\u00${letter.charCodeAt(0).toString(16)}`;
  return JSON.stringify(document, undefined, indent).replaceAll(/[\u007f-\u009f]/g, escaped);
}

/** Without what a terminal would obey. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\uFFFD');
}

/** The same for a text of several lines. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}

/** At most `length` characters, the last of which says that there were more. */
export function shorten(text: string, length: number): string {
  const letters = Array.from(text);
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : text;
}

function rowsOf<T>(items: readonly T[], columns: Columns<T>): string[][] {
  return items.map((item) => Object.values(columns).map((cell) => cell(item) ?? '-'));
}

/** `widths` grow with what they meet, so that the next page continues the columns of the one before. */
function aligned(rows: readonly (readonly string[])[], widths: number[] = []): string {
  const clean = rows.map((row) => row.map(harmless));
  for (const row of clean) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd();
  return clean.map((row) => `${line(row)}\n`).join('');
}

// Scripts whose characters take two columns of a terminal, and marks that take none.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
const MARK = /\p{Mn}/u;

function widthOf(text: string): number {
  return Array.from(text).reduce(
    (width, letter) => width + (WIDE.test(letter) ? 2 : MARK.test(letter) ? 0 : 1),
    0,
  );
}

/** Waits while whoever reads us is slower than the database. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text)) resolve();
    else process.stdout.once('drain', resolve);
  });
}
