// Owns what is said about second factors, in English, and with it the type that the other languages fill.

export const secondFactorEn = {
  title: 'One more step',
  lead: (person: string) => `${person}, show that it is really you.`,
  code: 'Code',
  codeHint: 'The six digits that your authenticator app shows now.',
  codeHintRecovery: 'The six digits that your authenticator app shows now, or one of your recovery codes.',
  submit: 'Continue',
  other: 'Sign in another way',
  faults: {
    empty: 'Enter the code.',
    wrong:
      'This code is not right, or was used already. Each one works once: wait for the next and try again.',
  },
};

export type SecondFactorPhrases = typeof secondFactorEn;
