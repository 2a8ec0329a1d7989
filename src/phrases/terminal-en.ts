// Owns what is said about sign-ins that a terminal waits for, in English, and with it the type that the other languages fill.

export const terminalEn = {
  letters: 'Letters',
  lettersHint: 'The four letters that your terminal shows, for example WDJB.',
  device: 'It calls itself',
  warning:
    'Only continue if you started this yourself, in a terminal that you see in front of you. Whoever sends you this link, or letters for it, wants to be signed in as you.',
  lettersEmpty: 'Enter the four letters that your terminal shows.',
  lettersWrong: 'These are not the letters that your terminal shows. Look again and try once more.',
  guessed:
    'The letters were wrong three times, so this link is worth nothing any more. Start again in your terminal. If it is not your own, somebody wanted to be signed in as you, and was not.',

  /** In the history of the account. */
  events: {
    'polling_session.allowed': (client: string) => `You connected ${client} in a terminal.`,
    'polling_session.denied': (client: string) => `You refused to connect ${client} in a terminal.`,
    'polling_session.guessed': (client: string) =>
      `Wrong letters were typed for ${client}, so no terminal was connected.`,
    'polling_session.completed': (client: string) => `${client} was told in a terminal who you are.`,
  },
};

export type TerminalPhrases = typeof terminalEn;
