// Owns what the account pages say, in English, and with it the type that the other languages fill.
import type { ToldEvent } from '../audit/history.ts';
import { measuresIn } from './measures.ts';

const measure = measuresIn('en');

export const accountEn = {
  sections: 'Your account',
  nav: {
    home: 'Front desk',
    profile: 'Profile',
    sessions: 'Devices',
    programs: 'Connected programs',
    history: 'History',
    data: 'Your data',
  },
  moment: (iso: string) => measure.moment(iso),
  unknown: 'unknown',
  done: {
    saved: 'Your changes are saved.',
    ended: 'That browser is signed out.',
    'others-ended': 'All other browsers are signed out.',
    disconnected: 'The program is disconnected. It can do nothing more in your name.',
  },

  profile: {
    title: 'Profile',
    lead: 'Who you are here. Services that you sign in to see it too.',
    name: 'Name',
    username: 'Username',
    usernameHint: '3 to 64 letters, digits, dots, hyphens and underscores. You can sign in with it.',
    language: 'Language',
    languageHint: 'For these pages, and for services that want to know.',
    browserLanguage: 'The one of my browser',
    removePicture: 'Remove my picture',
    save: 'Save',
    seen: 'What services can see',
    seenHint: 'Each service sees only what it was allowed to.',
    picture: 'Picture',
    email: 'E-mail',
    confirmed: 'confirmed',
    unconfirmed: 'not confirmed',
    roles: 'Roles',
    tier: 'Tier',
    none: 'none',
    usernameKept: 'A username can be changed, but not removed.',
    languageUnknown: 'Choose one of the languages in the list.',
  },

  sessions: {
    title: 'Devices',
    lead: 'The browsers where you are signed in.',
    this: 'This browser',
    device: ([browser = '', system = '']: readonly string[]) =>
      system === '' ? browser : `${browser} on ${system}`,
    unknownDevice: 'Unknown browser',
    address: 'Address',
    signedIn: 'Signed in',
    lastSeen: 'Last seen',
    end: 'Sign out',
    endOf: (device: string) => `Sign out: ${device}`,
    endOthers: 'Sign out all other browsers',
    everywhere: 'Sign out everywhere',
    everywhereHint:
      'Ends every browser, this one too, and every program that is connected to your account, at once. Use it when you think that somebody else is in.',
    note: 'Programs that you connected stay connected when a browser is signed out. You find them under “Connected programs”.',
  },

  programs: {
    title: 'Connected programs',
    lead: 'Services and programs that may act in your name, and what they may do.',
    empty: 'Nothing is connected to your account.',
    may: 'It may:',
    machines: (count: string) => (count === '1' ? 'On one device' : `On ${count} devices`),
    resources: 'At',
    allowed: 'Since',
    lastUsed: 'Last used',
    thirdParty: 'Run by someone else',
    disconnect: 'Disconnect',
    disconnectOf: (program: string) => `Disconnect ${program}`,
    note: 'Disconnecting works at once. Services of this house connect again by themselves when you open them.',
  },

  history: {
    title: 'History',
    lead: 'What happened with your account, the newest first.',
    empty: 'Nothing has happened yet.',
    older: 'Older',
    newest: 'Back to the newest',
    from: 'from',
    password: 'your password',
    somewhereElse: 'another service',
    aProgram: 'a program',
    fields: {
      name: 'name',
      username: 'username',
      emailVerified: 'confirmed address',
      email: 'e-mail address',
      tier: 'tier',
      roles: 'roles',
      password: 'password',
      locale: 'language',
      picture: 'picture',
    },
    events: {
      'sign_in.succeeded': (way) => `You signed in with ${way}.`,
      'sign_in.refused': (reason) =>
        reason === 'wrong_password' ? 'Somebody entered a wrong password.' : 'A sign-in was refused.',
      'sign_out.succeeded': () => 'You signed out.',
      'account.created': () => 'Your account was created.',
      'account.updated': (fields) => `Your details were changed: ${fields}.`,
      'account.blocked': () => 'An administrator blocked your account.',
      'account.unblocked': () => 'An administrator opened your account again.',
      'account.signed_out': () => 'You were signed out everywhere: all browsers and all programs.',
      'account.password_changed': () => 'Your password was changed, and you were signed out everywhere else.',
      'account.password_reset_requested': () => 'A new password was asked for, by mail.',
      'account.data_downloaded': () => 'You downloaded your data.',
      'session.ended': (count) =>
        count === '1' ? 'You signed out a browser.' : `You signed out ${count} browsers.`,
      'client.disconnected': (client) => `You disconnected ${client}.`,
      'identity.linked': (way) => `Signing in with ${way} was added to your account.`,
      'consent.granted': (client) => `You allowed ${client} to act in your name.`,
      'consent.denied': (client) => `You refused ${client}.`,
      'device_code.approved': (client) => `You connected ${client} on another device.`,
      'device_code.denied': (client) => `You refused to connect ${client}.`,
      'token.issued': (client) => `You signed in to ${client}.`,
      'token.repeated': (client) => `${client} asked for its access once more, because an answer was lost.`,
      'token.refused': (client) => `A request of ${client} was refused.`,
      'token.revoked': (client) => `${client} gave its access back.`,
      'grant.revoked': (client) =>
        `${client} was signed out because its refresh token was used twice: somebody may have copied it.`,
      'setup.completed': () => 'You set this server up.',
    } satisfies Record<ToldEvent, (named: string) => string> as Record<ToldEvent, (named: string) => string>,
  },

  data: {
    title: 'Your data',
    lead: 'Take everything with you that is kept about you here, or leave for good.',
    download: 'Download',
    downloadHint:
      'A file in JSON: your profile, ways to sign in, devices, connected programs and history. No secrets.',
    downloadButton: 'Download my data',
    delete: 'Delete my account',
    goes: 'What goes at once: your profile, your ways to sign in, all sessions, and every access that programs have. Your identifier is never given to anybody else.',
    stays: (days: string) =>
      `What stays for up to ${days} days: the record that something happened to an account with your identifier, and when. It is needed to find misuse. Your addresses and devices are taken out of it.`,
    services: 'Services that you used keep what they know about you themselves. Ask them.',
    confirm: (text: string) => `To confirm, enter ${text}`,
    deleteButton: 'Delete my account for good',
    wrongConfirmation: (text: string) => `This is not the same. Enter ${text} to confirm.`,
    lastAdministrator: 'You are the only administrator here. Make somebody else one first.',
    deletedTitle: 'Your account is deleted',
    deleted: 'All sessions and programs of it have ended. Take care.',
  },
};

export type AccountPhrases = typeof accountEn;
