// What stands in the terminal is the code that the library made, square for square.
import { expect, it } from '@jest/globals';
import { encode } from 'uqr';
import { qrLines } from '../../src/cli/device-sign-in.ts';

const SQUARES: Record<string, [boolean, boolean]> = {
  ' ': [false, false],
  '▀': [true, false],
  '▄': [false, true],
  '█': [true, true],
};

const BLACK_ON_WHITE = '  \u001b[38;5;16;48;5;231m';
const END = '\u001b[0m';

it.each(['https://login.example.com/device?user_code=WDJB-MJHT', 'https://example.com'])(
  'the picture in the terminal is black on white where the code is, and nowhere else: %s',
  (text) => {
    const rows = qrLines(text).split('\n');
    const cells = rows.map((row) => {
      expect([row.startsWith(BLACK_ON_WHITE), row.endsWith(END)]).toEqual([true, true]);
      return Array.from(row.slice(BLACK_ON_WHITE.length, -END.length));
    });
    const drawn = cells.flatMap((row) => [0, 1].map((half) => row.map((cell) => SQUARES[cell]?.[half])));
    const { data, size } = encode(text, { ecc: 'L', border: 2 });
    // An odd number of rows leaves half a line, which is white.
    expect(drawn.slice(0, size)).toEqual(data);
    expect(
      drawn
        .slice(size)
        .flat()
        .every((isDark) => !isDark),
    ).toBe(true);
  },
);
