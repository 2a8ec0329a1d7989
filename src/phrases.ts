// Owns which languages we speak and which of them a visitor gets. The words themselves are in `phrases/`, one complete
// file a language; English is the type that the others must fill.
import { en, type Phrases } from './phrases/en.ts';
import { ko } from './phrases/ko.ts';
import { ptBr } from './phrases/pt-br.ts';

export type { ErrorPhrases, LetterPhrases, Phrases, ScopePhrases } from './phrases/en.ts';

/** BCP 47, as it stands in `lang`. */
export type Language = 'en' | 'pt-BR' | 'ko';

/** In the order of the language switch, each by its own name. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  'pt-BR': 'Português',
  ko: '한국어',
};

export const languages = Object.keys(languageNames) as readonly Language[];

const defaultLanguage: Language = 'en';

const phrasesByLanguage: Readonly<Record<Language, Phrases>> = { en, 'pt-BR': ptBr, ko };

export function phrasesIn(language: Language): Phrases {
  return phrasesByLanguage[language];
}

/** No browser sends more; the rest of a longer header is not read. */
const maxRanges = 32;

/**
 * `uiLocales` is the OpenID Connect parameter (Core §3.1.2.1: space-separated, in order of preference), `acceptLanguage`
 * the header (RFC 9110 §12.5.4). The first that names a language of ours wins; nothing in either can throw.
 */
export function chooseLanguage(uiLocales: string | undefined, acceptLanguage: string | undefined): Language {
  const asked = (uiLocales ?? '').trim().split(/\s+/, maxRanges);
  return firstKnown(asked) ?? firstKnown(rangesByQuality(acceptLanguage ?? '')) ?? defaultLanguage;
}

function firstKnown(ranges: readonly string[]): Language | undefined {
  for (const range of ranges) {
    const language = lookup(range);
    if (language !== undefined) return language;
  }
  return undefined;
}

/** RFC 4647 §3.4, with one language for each primary subtag: every `pt` is served in Brazil's. */
function lookup(range: string): Language | undefined {
  const primary = /^([a-z]{2,8})(?:-[a-z0-9]{1,8})*$/i.exec(range)?.[1]?.toLowerCase();
  if (primary === undefined) return undefined;
  return languages.find((language) => language.split('-', 1)[0] === primary);
}

function rangesByQuality(header: string): string[] {
  const weighted: { range: string; quality: number }[] = [];
  for (const element of header.split(',', maxRanges)) {
    const [range = '', ...parameters] = element.split(';').map((part) => part.trim());
    const quality = qualityOf(parameters);
    if (range !== '' && quality > 0) weighted.push({ range, quality });
  }
  // The sort is stable: equal weights keep the order of the header.
  return weighted.sort((a, b) => b.quality - a.quality).map(({ range }) => range);
}

/** RFC 9110 §12.4.2. A weight that is none counts as 0: a malformed element is as good as absent. */
function qualityOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => /^q\s*=/i.test(parameter));
  if (weight === undefined) return 1;
  const value = weight.slice(weight.indexOf('=') + 1).trim();
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 0;
}
