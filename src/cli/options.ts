// Options that several commands read in the same way.

/** For an option that may be repeated; `--no-…` before it is forgotten. */
export function collect(value: string, earlier: string[] | false = []): string[] {
  return [...(earlier || []), value];
}
