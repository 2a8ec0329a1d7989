// When two names look the same to somebody who only glances at them: a small part of what Unicode UTS #39 calls a skeleton. Two
// names that are no more alike than this may share one; whoever asks should have something else to show.

/** Digits, Cyrillic and Greek, in lower case: each in front of the Latin letter that it passes for. */
const PAIRS = [
  '0o 1l il ıl 5s',
  'аa вb еe ёe ѕs іl їl јj кk мm нh оo рp сc тt уy хx ԁd ԛq ԝw һh ӏl',
  'αa βb εe ιl κk νv οo ρp τt υu χx',
];
const PASSES_FOR = new Map(
  PAIRS.flatMap((pairs) => pairs.split(' ')).map(([from = '', to = '']) => [from, to]),
);

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
