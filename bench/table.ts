// Owns how the figures are shown: one table (Markdown that a terminal can show as it is), what was wanted beside what
// was measured, and below it how it was measured.

/** Texts as they are shown; empty where there is nothing to say. */
export interface Row {
  what: string;
  measured: string;
  reference?: string;
  ratio?: string;
  wanted?: string;
  /** Undefined for what is only told. */
  isMet?: boolean | undefined;
  /** Microseconds of processor time for one answer, ours : the reference's. */
  cost?: string;
  /** How much of its core each server had: far below 100 % it waited for something else. */
  busy?: string;
  /** What the row alone does not say. */
  note?: string;
}

const COLUMNS = ['what', 'Portaria', 'reference', 'ratio', 'wanted', '', 'µs of its core', 'core busy'];

export function tableOf(rows: Row[]): string {
  const cells = [
    COLUMNS,
    ...rows.map(
      ({ what, measured, reference = '', ratio = '', wanted = '', isMet, cost = '', busy = '' }) => [
        what,
        measured,
        reference,
        ratio,
        wanted,
        isMet === undefined ? '' : isMet ? 'met' : 'MISSED',
        cost,
        busy,
      ],
    ),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    lineOf(
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    ),
  );
  const rule = lineOf(
    widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  const notes = rows.flatMap(({ what, note }) => (note ? [`- ${what}: ${note}`] : []));
  return [lines[0], rule, ...lines.slice(1), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** A row that has a limit and no reference. */
export function limitRow(what: string, value: number, limit: number, unit: string, digits = 0): Row {
  // Adding nothing takes the sign off a zero.
  const shown = Number(value.toFixed(digits)) + 0;
  return {
    what,
    measured: `${shown.toFixed(digits)} ${unit}`,
    wanted: `≤ ${limit} ${unit}`,
    isMet: value <= limit,
  };
}

function lineOf(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export const whole = (value: number) =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '?';
export const percent = (value: number) => (Number.isFinite(value) ? `${Math.round(value * 100)} %` : '?');
export const times = (value: number) => `${value.toFixed(2)} ×`;
