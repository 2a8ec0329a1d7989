// A QR code as a picture in a page: black on white in any colour scheme, since some cameras read no other.
import { encode } from 'uqr';

/** SVG without styles, as our Content-Security-Policy wants it. Error correction of a screen, not of paper; margin of ISO/IEC 18004. */
export function qrPicture(text: string): string {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  // Neighbours are one stroke: a third of the weight.
  const strokes = data.map((row, y) => {
    const cells = row.map((isDark) => (isDark ? '#' : ' ')).join('');
    return Array.from(cells.matchAll(/#+/g), ({ 0: run, index }) => `M${index} ${y}.5h${run.length}`).join(
      '',
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path stroke="#000" d="${strokes.join('')}"/></svg>`;
}
