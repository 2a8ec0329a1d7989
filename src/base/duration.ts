// How people write how long something lasts, in settings and on the command line.

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** "15m", "1h", "30d" or a plain number of seconds → seconds. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? Number.NaN);
  return seconds > 0 && seconds <= 10 * 365 * 86_400 ? seconds : undefined;
}

/** As above, but 0 is "never", and ten minutes are the most: until then a stolen refresh token is not noticed. */
export function parseReuseWindow(text: string): number | undefined {
  const seconds = /^0[smhd]?$/.test(text.trim()) ? 0 : parseDuration(text);
  return seconds !== undefined && seconds <= 600 ? seconds : undefined;
}
