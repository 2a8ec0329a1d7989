// The colour of a client: whatever it is, everything on the page can be read and every button be seen (WCAG 2.2 §1.4.3, §1.4.11).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { brandStyle, findBrandStyle, SURFACES } from '../../src/http/client-look.ts';
import { contrast } from '../../src/http/color.ts';

const STEPS = [0, 36, 73, 109, 146, 182, 219, 255];
const colors = STEPS.flatMap((red) =>
  STEPS.flatMap((green) =>
    STEPS.map((blue) => `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`),
  ),
);

/** Of a custom property, in light and in dark. */
function valuesOf(style: string, name: string): string[] {
  const [, value = ''] = new RegExp(`--${name}: (.*);`).exec(style) ?? [];
  const [, light, dark] = /^light-dark\((#\w+), (#\w+)\)$/.exec(value) ?? ['', value, value];
  return [light ?? '', dark ?? ''];
}

function full(color: string): string {
  return color.length === 4 ? `#${Array.from(color.slice(1), (digit) => digit + digit).join('')}` : color;
}

describe('the colour of a client', () => {
  it('leaves everything legible, in light and in dark, whatever it is', () => {
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    const faults: string[] = [];
    for (const color of colors) {
      const style = brandStyle(color);
      const of = (name: string) => valuesOf(style, name);
      for (const [index, scheme] of (['light', 'dark'] as const).entries()) {
        const at = (name: string) => of(name)[index] as string;
        const pairs = [
          [at('on-button'), at('button'), 4.5],
          [at('on-button'), at('button-strong'), 4.5],
          [at('button-edge'), SURFACES[scheme][0], 3],
          ...SURFACES[scheme].flatMap((surface) => [
            [at('accent'), surface, 4.5],
            [at('accent-strong'), surface, 4.5],
          ]),
        ] as [string, string, number][];
        for (const [a, b, least] of pairs)
          if (!(contrast(a, b) >= least)) faults.push(`${color} ${scheme}: ${a} on ${b}`);
      }
    }
    expect(colors).toHaveLength(512);
    expect(faults).toEqual([]);
  });

  it('is the very colour of the buttons', () => {
    expect(valuesOf(brandStyle('#f5d90a'), 'button')).toEqual(['#f5d90a', '#f5d90a']);
    expect(valuesOf(brandStyle('#f5d90a'), 'on-button')[0]).toBe('#000000');
  });

  it('is compared with what text really stands on', () => {
    const style = readFileSync('views/assets/style.css', 'utf8');
    const of = (name: string) => {
      const [, light = '', dark = ''] =
        new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(style) ?? [];
      return { light: full(light), dark: full(dark) };
    };
    for (const name of ['page', 'glaze', 'raised', 'soft', 'fault-soft', 'warn-soft']) {
      expect([name, SURFACES.light]).toEqual([name, expect.arrayContaining([of(name).light])]);
      expect([name, SURFACES.dark]).toEqual([name, expect.arrayContaining([of(name).dark])]);
    }
    // The one that edges of buttons are compared with.
    expect([SURFACES.light[0], SURFACES.dark[0]]).toEqual([of('page').light, of('page').dark]);
    // A property that the style sheet does not know would do nothing.
    for (const [, name = ''] of brandStyle('#123456').matchAll(/--([\w-]+):/g)) {
      expect(style).toContain(`--${name}: `);
      expect(style).toContain(`var(--${name})`);
    }
  });

  it('is six digits and nothing that could become part of a style sheet', () => {
    for (const digits of ['1d469', '1d46911', '1D4691', 'red;}', '*{}', '../../x'])
      expect(findBrandStyle(digits, '000000000000')).toBeUndefined();
    expect(findBrandStyle('1d4691', '000000000000')).toBeUndefined();
  });
});
