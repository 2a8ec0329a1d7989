// Owns what is said about second factors, in English, and with it the type that the other languages fill.
import { measuresIn } from './measures.ts';

const measure = measuresIn('en');

export const secondFactorEn = {
  title: 'One more step',
  lead: (person: string) => `${person}, show that it is really you.`,
  code: 'Code',
  codeHint: 'The six digits that your authenticator app shows now.',
  paper: 'Recovery code',
  paperHint: 'One of those that you kept when you set up the app.',
  usePaper: 'Use a recovery code',
  useApp: 'Use the app',
  submit: 'Continue',
  other: 'Sign in another way',
  signInFirst: 'To set up a second step, sign in once more: your sign-in was a while ago.',

  pageTitle: 'Second step',
  pageLead: 'Something that a thief of your password does not have, asked for at every sign-in.',
  required: 'One of your roles needs a second step. Without one you set it up at your next sign-in.',
  app: 'Authenticator app',
  appNone: 'An app on your phone shows a new code every 30 seconds.',
  since: 'Set up',
  remove: 'Remove the app',
  removeHint: 'For another phone, remove the app here and set it up there. Your recovery codes go with it.',
  again: 'To change anything here, sign in again with your second step.',
  codesLeft: (count: string) =>
    count === '1'
      ? 'One of them is left. Each lets you in once when your phone is gone.'
      : `${count} of them are left. Each lets you in once when your phone is gone.`,
  renew: 'Make new codes',
  renewHint: 'The codes of before are worth nothing then.',

  setUpTitle: 'Set up an authenticator app',
  setUpLead: 'Any app that knows one-time codes will do.',
  wanted: 'Your role needs a second step. Any app that knows one-time codes will do.',
  wantedBy: (client: string) => `${client} wants a second step. Any app that knows one-time codes will do.`,
  noneEnough: 'This application needs a passkey, and you have none here that would do.',
  addFirst: 'Add one on your account pages first.',
  toPasskeys: 'Add a passkey',
  scan: 'Scan this picture with the app.',
  picture: 'QR code for the authenticator app',
  type: 'Or type this key into it:',
  secret: 'Key for the app',
  open: 'Open the app on this device',
  first: 'Code from the app',
  firstHint: 'The six digits that it shows now.',
  turnOn: 'Turn it on',

  codesTitle: 'Recovery codes',
  codesLead: 'You see them this once.',
  codesWhat:
    'When your phone is gone, each of these codes lets you in once. You see them now and never again.',
  codesKeep: 'Print them or keep them where you keep passwords, but not on the phone with the app alone.',
  codesDone: 'I have kept them',

  faults: {
    empty: 'Enter the code.',
    wrong:
      'This code is not right, or was used already. Each one works once: wait for the next and try again.',
    appClosed: (seconds: number) =>
      `Too many wrong codes were entered for this app: somebody seems to know your password. It works again in ${measure.life(seconds)}. Until then use a recovery code or a passkey, and choose a new password.`,
    wrongFirst:
      'This code is not right. Look at the app again, and check that the clock of your phone is right.',
  },
};

export type SecondFactorPhrases = typeof secondFactorEn;
