// Contrast as WCAG 2.2 computes it, and how a colour is moved until it has enough. Colours are `#rrggbb`.

type Rgb = readonly [number, number, number];

/** WCAG 2.2 §1.4.3 for text, §1.4.11 for the edge of something to press. */
export const TEXT_CONTRAST = 4.5;
export const EDGE_CONTRAST = 3;

export const WHITE = '#ffffff';
export const BLACK = '#000000';

/** 1 to 21. */
export function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Black or white, whichever reads better: the better of them always has 4.58 at least. */
export function inkOn(color: string): string {
  return contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK;
}

/** `share` of the way from one to the other. */
export function mix(from: string, to: string, share: number): string {
  const target = parse(to);
  const mixed = parse(from).map((part, index) => part + ((target[index] as number) - part) * share);
  return `#${mixed.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** As near to the colour as has that contrast with each of these; black or white is where it is moved to. */
export function movedOff(surfaces: readonly string[], color: string, towards: string, least: number): string {
  for (let share = 0; share < 1; share += 0.02) {
    const moved = mix(color, towards, share);
    if (surfaces.every((surface) => contrast(moved, surface) >= least)) return moved;
  }
  return towards;
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: string): number {
  const [red, green, blue] = parse(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function parse(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
