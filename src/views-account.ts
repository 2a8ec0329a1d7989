// The part of views.ts that is about the account pages: their templates are under `views/account`.
import type { ConnectorButton, ConsentScope, Fault, OurForm } from './views-parts.ts';

/** What every account page has; it stands in the frame `partials/account`. */
export interface AccountPage {
  /** What was done a moment ago. */
  notice?: string;
}

/** Posts `name`, `username`, `locale` (empty: none), `remove_picture` = `yes`. */
export interface ProfilePage extends OurForm, AccountPage {
  values: { name: string; username: string; locale: string; removePicture: boolean };
  faults: readonly Fault[];
  languages: readonly { value: string; label: string }[];
  /** What cannot be changed here. */
  seen: {
    id: string;
    email?: string;
    emailVerified: boolean;
    picture?: string;
    roles: readonly string[];
    tier: string;
  };
}

export interface SessionLine {
  /** Names it in the form that ends it. */
  uid: string;
  isThis: boolean;
  /** "Firefox on Windows". */
  device: string;
  address?: string;
  signedInAt?: Date;
  lastSeenAt?: Date;
}

/** Each posts `csrf`; the first one `session` too. */
export interface SessionsPage extends OurForm, AccountPage {
  othersAction: string;
  everywhereAction: string;
  sessions: readonly SessionLine[];
}

export interface ProgramLine {
  clientId: string;
  name: string;
  isThirdParty: boolean;
  scopes: readonly ConsentScope[];
  resourceNames: readonly string[];
  /** For a program that runs on people's own machines: on how many. */
  machines?: number;
  allowedAt?: Date;
  lastUsedAt?: Date;
}

/** Posts `client`. */
export interface ProgramsPage extends OurForm, AccountPage {
  programs: readonly ProgramLine[];
}

/** Making one posts `name`, `days` and for each scope `scope_<name>` = `yes`; ending one `token`. */
export interface TokensPage extends OurForm, AccountPage {
  revokeAction: string;
  tokens: readonly {
    /** What is posted. */
    fingerprint: string;
    name: string;
    lastFour: string;
    scopes: readonly string[];
    createdAt: Date;
    expiresAt: Date;
    lastUsedAt: Date | undefined;
  }[];
  /** What can be chosen, and what was. */
  scopes: readonly { name: string; isChosen: boolean }[];
  days: readonly number[];
  values: { name: string; days: number };
  nameMaxLength: number;
  /** Instead of the form: the sign-in was too long ago, or without the second step. */
  signInAgain?: { href: string; isSurely: boolean };
  fault?: Fault;
}

/** Shown once. */
export interface TokenMadePage extends AccountPage {
  token: string;
  name: string;
  expiresAt: Date;
  /** Where it can be tried. */
  exampleUrl: string;
  nextHref: string;
}

/** Posts `name`: what the program calls itself, perhaps nothing. */
export interface CliPage extends OurForm {
  program: string;
  person: { name: string; email?: string };
  scopes: readonly string[];
  days: number;
  tokensHref: string;
  /** Instead of the form: the sign-in was too long ago, or without the second step. */
  signInAgain?: { href: string; isSurely: boolean };
  fault?: Fault;
}

/** Shown once. */
export interface CliMadePage {
  token: string;
  expiresAt: Date;
  program: string;
  tokensHref: string;
}

export interface Happening {
  sentence: string;
  at: Date;
  address?: string;
  /** "Firefox on Windows", or that it was an administrator. */
  device?: string;
}

export interface HistoryPage extends AccountPage {
  happenings: readonly Happening[];
  /** The page of what happened before. */
  olderHref?: string;
  /** Back to the first page, from any other. */
  newestHref?: string;
}

/** Posts `identity`; a connector's button posts nothing but `csrf`. */
export interface SignInMethodsPage extends AccountPage {
  csrf: string;
  hasPassword: boolean;
  /** How many there are; they have a page of their own. */
  passkeys: number;
  linked: readonly {
    /** What is posted. */
    key: string;
    /** Of the connector. */
    id: string;
    label: string;
    /** The name or the address that the upstream knows the person by. */
    as?: string | undefined;
    linkedAt: Date;
    lastUsedAt: Date;
    /** It cannot be taken away: there would be no way in any more. */
    isLast: boolean;
  }[];
  unlinkAction: string;
  /** What can be added. */
  connectors: readonly ConnectorButton[];
  /** The sign-in is too long ago to change anything. */
  signInAgainHref?: string;
  fault?: string;
}

/** Adding posts `name` and `answer`, the others `passkey`, renaming `name` too. */
export interface PasskeysPage extends OurForm, AccountPage {
  /** What the script posts the form to before it asks the browser. */
  optionsAction: string;
  renameAction: string;
  removeAction: string;
  passkeys: readonly {
    /** What is posted. */
    id: string;
    name: string;
    isSynced: boolean;
    createdAt: Date;
    lastUsedAt: Date | undefined;
    /** It cannot be taken away: there would be no way in any more. */
    isLast: boolean;
  }[];
  /** For the browser, as JSON: which passkeys of this account count. */
  accepted: string;
  /** False where no browser would make one for our address. */
  arePossible: boolean;
  suggestedName: string;
  nameMaxLength: number;
  /** The sign-in is too long ago to change anything. */
  signInAgainHref?: string;
  /** With a field: beside that of this passkey. */
  fault?: Fault & { passkey?: string };
}

/** The download posts `csrf`, the deletion `confirmation` too. */
export interface DataPage extends OurForm, AccountPage {
  downloadAction: string;
  /** What has to be typed to delete the account. */
  confirmation: string;
  /** How long the audit keeps what happened. */
  keptDays: number;
  /** Instead of the form: the sign-in was too long ago. */
  signInHref?: string;
  fault?: Fault;
}

export interface DeletedPage {
  homeHref: string;
}

/** Posts `current` (where there is a password already) and `password`. */
export interface AccountPasswordPage extends OurForm, AccountPage {
  hasPassword: boolean;
  faults: readonly Fault[];
  passwordMinLength: number;
}

/** Posts nothing but `csrf`: whoever sends it has the link. */
export interface NotMePage extends OurForm {
  /** The account gets the address of before. */
  restoresEmail: boolean;
}

export interface NotMeDonePage {
  resetHref: string;
}

/** Posts `email`. */
export interface AccountEmailPage extends OurForm, AccountPage {
  /** The address of now, if there is one. */
  current?: string;
  email: string;
  fault?: Fault;
}

/** Posts nothing but `csrf`: whoever sends it has the link. */
export interface AccountEmailConfirmPage extends OurForm {
  email: string;
}

export interface AccountEmailDonePage {
  accountHref: string;
}
