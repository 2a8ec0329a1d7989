// Options that several commands read in the same way.
import { invalidRequest } from '../base/errors.ts';

/** For an option that may be repeated; `--no-…` before it is forgotten. */
export function collect(value: string, earlier: string[] | false = []): string[] {
  return [...(earlier || []), value];
}

/** What `parse` makes of an option's text. Throws 400 with the rule. */
export function understood(
  text: string | undefined,
  parse: (text: string) => number | undefined,
  rule: string,
): number | undefined {
  const seconds = text === undefined ? undefined : parse(text);
  if (text !== undefined && seconds === undefined) throw invalidRequest(`${rule}, not "${text}".`);
  return seconds;
}
