// Passwords that everybody tries first, and what people make of them (NIST SP 800-63B-4 §3.1.1.2). The list is the one of
// zxcvbn: 49,233 leaked passwords, the commonest first; it and the rules that see through digits, signs and walks over the
// keyboard are read when the first password is chosen, since most days nobody chooses one. A judgment takes milliseconds:
// it is made in the process that hashes (password-worker.ts).
import { createRequire } from 'node:module';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** What the list has late or not at all: other languages (Korean also as it is typed on Latin keys), and what belongs to a sign-in. */
const WORDS =
  `passwort passwd senha contrasena contraseña motdepasse parola segredo bimilbeonho qlalfqjsgh 비밀번호 administrator
   administrador root user usuario guest teste demo login signin default acesso server service portaria company empresa
   bemvindo teamo amor saranghae sarang tkfkdgo dkssud 사랑해 안녕하세요 queen ninja futebol barcelona madrid flamengo
   corinthians palmeiras santos vasco gremio brasil portugal lisboa paris korea corea seoul busan 대한민국 january february
   march april june july september janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro
   dezembro tuesday wednesday thursday saturday sunday segunda sexta sabado domingo autumn verao inverno joao jose pedro
   lucas rafael fernanda juliana camila minsu jisoo cristo deus dinheiro familia amigo facebook amazon linux
   correcthorsebatterystaple`.split(/\s+/);

/** Of the list, the ones so common that they are known as parts, too. */
const HEAD = 1_000;

interface Known {
  estimator: ZxcvbnFactory;
  /** The longest first: what is taken out should leave no piece of itself. */
  parts: readonly string[];
}

let known: Known | undefined;

/** Digits and signs that stand for letters. */
const DISGUISES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/**
 * Guesses. Ten wrong tries in a quarter of an hour (attempts.ts) are 350,000 in a year; whoever has the digests makes a
 * hundred a second on a core like ours.
 */
const LEAST_GUESSES = 1e8;
/** What is guessed soon is guessed by its beginning; more would only cost time, which grows with its square. */
const JUDGED_LENGTH = 32;
/** More known words than that, one after another, are a passphrase. */
const MOST_KNOWN_WORDS = 3;
/** So much besides known words is worth guessing. */
const LEAST_LETTERS = 4;
const MOST_DIGITS = 8;

/**
 * `password` in lower case. True for what is on the list or soon guessed with its help, for one or two characters over and over,
 * and for known words (up to three), or `ownWords` in lower case, with nothing but a few letters, digits or signs around them.
 */
export function isCommonPassword(password: string, ownWords: readonly string[] = []): boolean {
  if (new Set(password).size <= 2) return true;
  const { estimator, parts } = (known ??= readList());
  // What stands behind the last letter is a year, or a sign for those who want one; it disguises nothing.
  const tail = /\P{L}*$/u.exec(password)?.[0] ?? '';
  const undisguised = password
    .slice(0, password.length - tail.length)
    .replaceAll(/[013457@$!]/g, (sign) => DISGUISES[sign] ?? sign);
  const words = [...ownWords, ...parts];
  return (
    isMadeOf(words, password) ||
    isMadeOf(words, undisguised + tail) ||
    estimator.check(password, [...ownWords]).guesses < LEAST_GUESSES
  );
}

function isMadeOf(words: readonly string[], password: string): boolean {
  let rest = password;
  let found = 0;
  for (const word of words) {
    if (!rest.includes(word)) continue;
    found += 1;
    rest = rest.replaceAll(word, ' ');
  }
  const letters = rest.replaceAll(/\P{L}/gu, '').length;
  const digits = rest.replaceAll(/\D/g, '').length;
  return found > 0 && found <= MOST_KNOWN_WORDS && letters < LEAST_LETTERS && digits <= MOST_DIGITS;
}

function readList(): Known {
  const require = createRequire(import.meta.url);
  const zxcvbn = require('@zxcvbn-ts/core') as typeof import('@zxcvbn-ts/core');
  const { adjacencyGraphs, dictionary } =
    require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  const leaked = dictionary['passwords-common'];
  const head = leaked.slice(0, HEAD).filter((password) => /\p{L}{4}/u.test(password));
  return {
    estimator: new zxcvbn.ZxcvbnFactory({
      dictionary: { ...dictionary, words: WORDS },
      graphs: adjacencyGraphs,
      maxLength: JUDGED_LENGTH,
    }),
    parts: [...new Set([...WORDS, ...head])].sort((a, b) => b.length - a.length),
  };
}
