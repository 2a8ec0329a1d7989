// Owns what /cli says, in English, and with it the type that the other languages fill.
import { measuresIn } from './measures.ts';

const measure = measuresIn('en');

export const cliEn = {
  title: 'A token for your program',
  lead: 'The program in your terminal cannot sign you in by itself. With a token it acts in your name, and never learns your password.',
  leadFor: (program: string) =>
    `A program that calls itself “${program}” cannot sign you in by itself. With a token it acts in your name, and never learns your password.`,
  warning:
    'Only continue if you started the program yourself. If somebody sent you this link, or wants the token from you, close this page: they would act in your name.',
  may: 'With the token it may',
  life: (days: number) => `For ${measure.life(days * 86_400)}, unless you end it earlier.`,
  other: 'Choose yourself what it may do, and for how long',
  /** What the list of tokens calls one whose program has no name. */
  tokenName: 'Program in the terminal',
  paste: 'Go back to your terminal, paste the token there and press Enter. This window may be closed then.',
  pasteFor: (program: string) =>
    `Go back to “${program}”, paste the token there and press Enter. This window may be closed then.`,
  only: 'Paste it nowhere else and send it to nobody: whoever has it acts in your name.',
  manage: 'All your tokens, and how to end them',
};

export type CliPhrases = typeof cliEn;
