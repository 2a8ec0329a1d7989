// Owns the list of every template under `views/` with the type of its data: a missing field does not compile.
// A template's name is its path. What a page says comes from `phrases.ts`; what is common to all pages is the PageFrame.
import type { Language } from './phrases.ts';

/** What every page gets besides its own data. */
export interface PageFrame {
  language: Language;
  /** The language switch in the footer; left out, there is none. Build it with `languageLinks` of `http/render.ts`. */
  languageLinks?: readonly LanguageLink[];
}

export interface LanguageLink {
  language: Language;
  /** The language's own name for itself. */
  label: string;
  href: string;
  current: boolean;
}

/** A sentence about a form; with `field` it stands beside the input of that name, without it above the form. */
export interface Fault {
  field?: string;
  message: string;
}

/** A form of ours. The token is posted in the field `csrf`. */
export interface OurForm {
  action: string;
  csrf: string;
}

/** A form that the engine reads. The token is posted in the field `xsrf`. */
export interface EngineForm {
  action: string;
  xsrf: string;
}

/** A button that begins signing in with a connector: a POST of its own, with `csrf`. */
export interface ConnectorButton {
  id: string;
  label: string;
  action: string;
}

/** `title` and `detail` replace our own words for a scope; a scope we have no words for is shown by its name. */
export interface ConsentScope {
  name: string;
  title?: string;
  detail?: string;
}

export interface ServiceTile {
  name: string;
  href: string;
  detail?: string;
}

/** Posts `login`, `password`; a connector's button posts nothing but `csrf`, and so does the way back. */
export interface SignInPage extends OurForm {
  /** Left out when the person signs in to our own pages. */
  clientName?: string;
  connectors: readonly ConnectorButton[];
  /** What was typed before; empty on the first showing. */
  login: string;
  fault?: Fault;
  /** POST target of "Back to <client>". Without it there is no way back. */
  cancelAction?: string;
  /** The sign-in was begun on another device (device code, polling session). */
  device?: boolean;
  passwordResetHref?: string;
  signUpHref?: string;
}

/** Posts `decision` = `allow` | `deny`. */
export interface ConsentPage extends OurForm {
  clientName: string;
  /** A program on the person's own machine. */
  isNative: boolean;
  /** Run by somebody else than the services of this house. */
  isThirdParty: boolean;
  /** Where the browser goes afterwards; a host, never a whole address. */
  redirectHost?: string;
  person: { name?: string; email?: string };
  scopes: readonly ConsentScope[];
  /** The services where it may do that, when it named any (RFC 8707). */
  resourceNames?: readonly string[];
  /** POST target (with `csrf`) of "sign in as someone else". */
  switchAccountAction?: string;
}

/** Posts `user_code`. */
export interface DevicePage extends EngineForm {
  userCode: string;
  fault?: Fault;
}

/** Posts `user_code` and either `confirm` = `yes` or `abort` = `yes`. */
export interface DeviceConfirmPage extends EngineForm {
  programName: string;
  /** As the device shows it: `WDJB-MJHT`. */
  userCode: string;
  requestedFrom: {
    ip?: string;
    userAgent?: string;
    /** How long ago the device asked. */
    startedSecondsAgo?: number;
  };
}

export interface DeviceDonePage {
  outcome: 'allowed' | 'denied';
  programName?: string;
}

/** Posts `name`, `email`, `username`, `password`. */
export interface SetupPage extends OurForm {
  values: { name: string; email: string; username: string };
  faults: readonly Fault[];
  passwordMinLength: number;
}

/** Posts `email`. */
export interface SignUpAskPage extends OurForm {
  email: string;
  fault?: Fault;
  signInHref: string;
}

export interface SignUpSentPage {
  againHref: string;
}

/** Posts `name`, `username`, `password`. */
export interface SignUpPage extends OurForm {
  /** The address that was proved. */
  email: string;
  values: { name: string; username: string };
  faults: readonly Fault[];
  passwordMinLength: number;
}

export interface SignUpDonePage {
  signInHref: string;
}

/** Posts `email`. */
export interface ResetPasswordPage extends OurForm {
  email: string;
  fault?: Fault;
  signInHref: string;
}

export interface ResetPasswordSentPage {
  againHref: string;
}

/** Posts `password`. */
export interface ResetPasswordNewPage extends OurForm {
  /** Whose password it is. */
  email: string;
  fault?: Fault;
  passwordMinLength: number;
}

export interface ResetPasswordDonePage {
  signInHref: string;
}

export type HomePage =
  | { person?: undefined; signInHref: string }
  | {
      person: { name: string; oauthId: string; roles: readonly string[] };
      signOut: OurForm;
      services: readonly ServiceTile[];
    };

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

export interface Happening {
  sentence: string;
  at: Date;
  address?: string;
  /** "Firefox on Windows". */
  device?: string;
}

export interface HistoryPage extends AccountPage {
  happenings: readonly Happening[];
  /** The page of what happened before. */
  olderHref?: string;
  /** Back to the first page, from any other. */
  newestHref?: string;
}

/** A step that the browser takes by itself when it runs scripts, and by a button when it does not. */
export interface ContinuePage {
  action: string;
  fields: readonly { name: string; value: string }[];
}

/** Posts `logout` = `yes` to sign out, nothing to stay. */
export interface LogoutPage extends EngineForm {
  /** The client that sent the person here, if one did. */
  clientName?: string;
}

export interface LogoutDonePage {
  clientName?: string;
  homeHref?: string;
}

export interface ErrorPage {
  status: number;
  /** A code of `base/errors.ts` or of the engine; one without words of its own gets those of its status. */
  code: string;
  requestId: string;
  /** Where trying again makes sense. Never an address that came from outside. */
  retryHref?: string;
  retryAfterSeconds?: number;
  /** Shown to developers where it helps them (`unregistered_redirect_uri`, `invalid_client`). */
  clientId?: string;
}

export interface Views {
  'interaction/sign-in': SignInPage;
  'interaction/consent': ConsentPage;
  device: DevicePage;
  'device/confirm': DeviceConfirmPage;
  'device/done': DeviceDonePage;
  continue: ContinuePage;
  setup: SetupPage;
  'interaction/sign-up': SignUpAskPage;
  'interaction/sign-up/sent': SignUpSentPage;
  'sign-up': SignUpPage;
  'sign-up/done': SignUpDonePage;
  'reset-password': ResetPasswordPage;
  'reset-password/sent': ResetPasswordSentPage;
  'reset-password/new': ResetPasswordNewPage;
  'reset-password/done': ResetPasswordDonePage;
  home: HomePage;
  account: ProfilePage;
  'account/sessions': SessionsPage;
  'account/programs': ProgramsPage;
  'account/history': HistoryPage;
  logout: LogoutPage;
  'logout/done': LogoutDonePage;
  error: ErrorPage;
}

/** What the templates under `views/mail/` are given. All mails look the same and differ in their words. */
export interface LetterView {
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
