// How people write how long something lasts, in settings and on the command line.

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** "15m", "1h", "30d" or a plain number of seconds → seconds. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? Number.NaN);
  return seconds > 0 && seconds <= 10 * 365 * 86_400 ? seconds : undefined;
}
