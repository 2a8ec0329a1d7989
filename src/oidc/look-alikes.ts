// When two names look the same to somebody who only glances at them: a small part of what Unicode UTS #39 calls a skeleton. Two
// names that are no more alike than this may share one; whoever asks should have something else to show.
import { cleanName } from '../accounts/passkeys.ts';

/** Digits and letters of others, in lower case: each in front of the Latin letter that it passes for. */
const PAIRS = [
  '0o 1l il ıl 5s',
  'аa вb еe ёe ѕs іl їl јj кk мm нh оo рp сc тt уy хx ԁd ԛq ԝw һh ӏl',
  'αa βb εe ιl κk νv οo ρp τt υu χx',
  'օo սu հh',
  'ɑa ʙb ɡg ɢg ʜh ɩl ɪl ʟl ɴn ʀr ʏy',
];
const PASSES_FOR = new Map(
  PAIRS.flatMap((pairs) => pairs.split(' ')).map(([from = '', to = '']) => [from, to]),
);

/** What people write names in today (Unicode UAX #31, Table 5). Others have letters that are hardly to be told from ours. */
const IN_USE = `Common Inherited Latin Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati
  Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan`;
/** What stands beside Latin letters in one word (UTS #39 §5.2). */
const BESIDE_LATIN = 'Common Latin Han Bopomofo Hangul Hiragana Katakana';

const anyOf = (scripts: string) => `[${scripts.replaceAll(/\s*(\w+)\s*/g, String.raw`\p{sc=$1}`)}]`;
const STRANGE = `[\\p{L}--${anyOf(BESIDE_LATIN)}]`;
const MIXED_WORD = new RegExp(String.raw`\p{sc=Latin}\p{M}*${STRANGE}|${STRANGE}\p{M}*\p{sc=Latin}`, 'v');
const WRITTEN_TODAY = new RegExp(`^${anyOf(IN_USE)}*$`, 'v');
/** The capitals and the raised letters of phoneticians. */
const PHONETIC = /[\u1d00-\u1dbf\ua720-\ua7ff]/;

/** So high that they cover what stands above and below; no language has so many on one letter. */
const HEAP_OF_MARKS = /\p{M}{5}/u;

/** Has letters that nobody needs but whoever wants to be taken for another. */
export function isDressedUp(name: string): boolean {
  return !WRITTEN_TODAY.test(name) || [MIXED_WORD, PHONETIC, HEAP_OF_MARKS].some((it) => it.test(name));
}

/** What a stranger's program calls itself, as a page of ours may say it: short, and in letters that cover nothing. Else nothing. */
export function plainNameIn(name: string): string {
  const clean = cleanName(name);
  return isDressedUp(clean) ? '' : clean;
}

/** The same for names that look alike: case, marks, spaces and punctuation do not count. */
export function skeletonOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
  return Array.from(plain, (letter) => PASSES_FOR.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}
