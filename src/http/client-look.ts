// Owns how a client's look gets onto a page: its mark, and the style sheet of its colour. Which of it anybody gets to see is
// decided in oidc/client-look.ts. A style sheet is made from the colour in its own address and nothing else.
import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { nameIn, type ClientLook } from '../oidc/client-look.ts';
import { logoPath } from '../oidc/client-logo.ts';
import type { Language } from '../phrases.ts';
import type { ClientMark, ConsentPage, PageFrame, Views } from '../views.ts';
import { BLACK, contrast, EDGE_CONTRAST, inkOn, mix, movedOff, TEXT_CONTRAST, WHITE } from './color.ts';

/** The pages that ask about a client; on the others, where passwords are typed, nobody's mark stands but that of ours. */
const ABOUT_CLIENTS: ReadonlySet<keyof Views> = new Set([
  'interaction/consent',
  'device/confirm',
  'terminal',
]);

/** What text stands on in views/assets/style.css; a test compares them. */
export const SURFACES = {
  light: ['#fbfcfd', '#e9eef5', '#ffffff', '#f0f3f8', '#fdf0ef', '#faf3e3'],
  dark: ['#131822', '#0f1420', '#1a2130', '#331a1d', '#2a2417'],
} as const;

const letters = new Intl.Segmenter();

/** The tiles of the wall are no more than decoration, but should be there. */
const WALL_CONTRAST = 1.5;

/** From here on the pages of this request are shown for that client. The key is also written in oidc/pages.ts. */
export function showFor(ctx: Context, client: { [property: string]: unknown }): void {
  ctx.state['look'] = client['look'];
}

/** Where people read on before they decide. */
export function pagesOf(client: {
  [property: string]: unknown;
}): Pick<ConsentPage, 'policyHref' | 'termsHref'> {
  const { policyHref, termsHref } = (client['look'] ?? {}) as Partial<ClientLook>;
  return { ...(policyHref && { policyHref }), ...(termsHref && { termsHref }) };
}

export type FrameLook = Pick<PageFrame, 'client' | 'brandHref'>;

/** What `page` shows of the client that this request is about. */
export function frameLook(ctx: Context, page: keyof Views, language: Language): FrameLook {
  const look = ctx.state['look'] as ClientLook | undefined;
  return frameLookOf(look && { ...look, name: nameIn(language, look) }, page);
}

export function frameLookOf(look: ClientLook | undefined, page: keyof Views): FrameLook {
  if (!look || !(ABOUT_CLIENTS.has(page) || (look.isOurs && hasOwn(look)))) return {};
  return {
    client: markOf(look),
    ...(look.isOurs && look.color !== undefined && { brandHref: brandHref(look.color) }),
  };
}

/** A bare initial says less than the name in the sentence below. */
function hasOwn({ logoDigest, color }: ClientLook): boolean {
  return logoDigest !== undefined || color !== undefined;
}

export function markOf({ name, logoDigest, color }: ClientLook): ClientMark {
  const [first] = letters.segment(name.trim());
  return {
    initial: first?.segment ?? '',
    ...(logoDigest !== undefined && { logoHref: logoPath(logoDigest) }),
    ...(color !== undefined && { color, ink: inkOn(color) }),
  };
}

/** By the colours of registered clients, which are few: what a stranger asks for is not kept. */
const brandHrefs = new Map<string, string>();

/** The address names what is in it: a later version, which may compute something else, has another one. */
function brandHref(color: string): string {
  const known = brandHrefs.get(color);
  if (known !== undefined) return known;
  const href = `/brand/${color.slice(1)}.${digestOf(brandStyle(color))}.css`;
  brandHrefs.set(color, href);
  return href;
}

/** By the parts of such an address. Undefined for one that was not made here. */
export function findBrandStyle(digits: string, digest: string): string | undefined {
  if (!/^[0-9a-f]{6}$/.test(digits)) return undefined;
  const style = brandStyle(`#${digits}`);
  return digestOf(style) === digest ? style : undefined;
}

/** Buttons are in the very colour, with black or white on it. What is written in it is moved until it can be read. */
export function brandStyle(color: string): string {
  const ink = inkOn(color);
  // Away from the ink, unless it is as far as it goes.
  const pressed =
    contrast(color, ink) > 12 ? mix(color, ink, 0.2) : mix(color, ink === WHITE ? BLACK : WHITE, 0.2);
  const light = movedOff(SURFACES.light, color, BLACK, TEXT_CONTRAST);
  const dark = movedOff(SURFACES.dark, color, WHITE, TEXT_CONTRAST);
  const edgeOn = (page: string, accent: string) => (contrast(color, page) >= EDGE_CONTRAST ? color : accent);
  const properties = {
    accent: both(light, dark),
    'accent-strong': both(mix(light, BLACK, 0.25), mix(dark, WHITE, 0.35)),
    button: color,
    'button-strong': pressed,
    'button-edge': both(edgeOn(SURFACES.light[0], light), edgeOn(SURFACES.dark[0], dark)),
    'on-button': ink,
    tile: both(
      movedOff([SURFACES.light[1]], color, BLACK, WALL_CONTRAST),
      movedOff([SURFACES.dark[1]], mix(color, SURFACES.dark[1], 0.3), WHITE, WALL_CONTRAST),
    ),
  };
  const lines = Object.entries(properties).map(([name, value]) => `  --${name}: ${value};\n`);
  return `:root {\n${lines.join('')}}\n`;
}

function both(light: string, dark: string): string {
  return `light-dark(${light}, ${dark})`;
}

function digestOf(style: string): string {
  return createHash('sha256').update(style).digest('hex').slice(0, 12);
}
