// How a letter reads: its words from phrases/, its looks from views/mail/, as text and as HTML. Who gets one and when is
// decided in accounts/; how it leaves, in outbox/mails.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import type { Letter, Recipient, SendLetter } from '../accounts/letters.ts';
import type { PostedMail } from '../outbox/mails.ts';
import { chooseLanguage, phrasesIn, type Language, type LetterPhrases, type Phrases } from '../phrases.ts';
import { browserName } from './agent.ts';
import { findViewsDirectory } from './assets.ts';

/** What the templates are given. All mails look the same and differ in their words. */
interface LetterView {
  language: Language;
  product: string;
  host: string;
  subject: string;
  greeting: string;
  paragraphs: readonly string[];
  link?: { href: string; label: string };
  linkHint: string;
  note?: string;
  sentBy: string;
}

export interface LettersOptions {
  issuer: string;
  post: (mail: PostedMail) => Promise<void>;
}

/** A letter without a link that ends. */
const LIFE_SECONDS = 3 * 24 * 3600;

export function createSendLetter({ issuer, post }: LettersOptions): SendLetter {
  const write = createLetterWriter(issuer);
  return (to, letter) =>
    post({
      to: to.email,
      ...write(to, letter),
      letter: letter.kind,
      lifeSeconds: 'lifeSeconds' in letter ? letter.lifeSeconds : LIFE_SECONDS,
    });
}

/** What a mail says. */
export function createLetterWriter(
  issuer: string,
): (to: Recipient, letter: Letter) => Pick<PostedMail, 'subject' | 'text' | 'html'> {
  const eta = new Eta({ useWith: false, autoEscape: true, cache: true });
  for (const name of ['letter', 'letter-text']) {
    eta.loadTemplate(
      `@mail/${name}`,
      readFileSync(join(findViewsDirectory(), 'mail', `${name}.eta`), 'utf8'),
    );
  }
  const { host } = new URL(issuer);

  return ({ name, locale }, letter) => {
    const language = chooseLanguage(locale, undefined);
    const t = phrasesIn(language).mail;
    const phrases = phrasesOf(phrasesIn(language), letter);
    const href = 'alarm' in letter ? letter.alarm.href : 'link' in letter && letter.link;
    const view: LetterView = {
      language,
      product: phrasesIn(language).frame.product,
      host,
      greeting: name === undefined ? t.hello : t.helloTo(name),
      ...phrases,
      ...(href && phrases.button && { link: { href, label: phrases.button } }),
      linkHint: t.linkHint,
      sentBy: t.sentBy(host),
    };
    return {
      subject: phrases.subject,
      html: eta.render('@mail/letter', view),
      text: eta.render('@mail/letter-text', view),
    };
  };
}

function phrasesOf(phrases: Phrases, letter: Letter): LetterPhrases {
  const { mail: t } = phrases;
  if ('lifeSeconds' in letter) return t[letter.kind](letter.lifeSeconds);
  if (letter.kind === 'personalTokenExpiring') {
    return t.personalTokenExpiring([letter.name, phrases.account.moment(letter.expiresAt.toISOString())]);
  }
  if (!('alarm' in letter)) return t[letter.kind];
  const said = { ...t[letter.kind], ...t.notMe(letter.alarm.lifeSeconds) };
  if (letter.kind !== 'newSignIn') return said;
  const [first = '', ...rest] = said.paragraphs;
  return { ...said, paragraphs: [first, factsOf(letter, phrases), ...rest] };
}

/** When it was, in what browser, from which address. */
function factsOf({ at, agent, address }: Letter & { kind: 'newSignIn' }, phrases: Phrases): string {
  const facts = [phrases.account.moment(at.toISOString()), browserName(agent, phrases), address];
  return facts.filter(Boolean).join(' · ');
}
