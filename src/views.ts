// Owns the list of every template under `views/` with the type of its data: a missing field does not compile.
// A template's name is its path. What a page says comes from `phrases.ts`; what is common to all pages is the PageFrame.
import type { Language } from './phrases.ts';
import type {
  AccountEmailConfirmPage,
  AccountEmailDonePage,
  AccountEmailPage,
  AccountPasswordPage,
  CliMadePage,
  CliPage,
  DataPage,
  DeletedPage,
  HistoryPage,
  NotMeDonePage,
  NotMePage,
  PasskeysPage,
  ProfilePage,
  ProgramsPage,
  SessionsPage,
  SignInMethodsPage,
  TokenMadePage,
  TokensPage,
} from './views-account.ts';
import type {
  ResetPasswordDonePage,
  ResetPasswordNewPage,
  ResetPasswordPage,
  ResetPasswordSentPage,
  SignUpAskPage,
  SignUpDonePage,
  SignUpPage,
  SignUpSentPage,
} from './views-mailed.ts';
import type {
  ClientMark,
  ConnectorButton,
  ConsentScope,
  Fault,
  OurForm,
  PasskeyForm,
} from './views-parts.ts';
import type {
  AccountAppSetUpPage,
  AccountRecoveryCodesPage,
  AccountSecondFactorPage,
  RecoveryCodes,
  SecondFactorPage,
  SecondFactorSetUpPage,
} from './views-second-factor.ts';
import type { TerminalDonePage, TerminalPage } from './views-terminal.ts';

export type {
  ClientMark,
  ConnectorButton,
  ConsentScope,
  Fault,
  OurForm,
  PasskeyForm,
} from './views-parts.ts';

/** What every page gets besides its own data. */
export interface PageFrame {
  language: Language;
  /** The language switch in the footer; left out, there is none. Build it with `languageLinks` of `http/render.ts`. */
  languageLinks?: readonly LanguageLink[];
  /** Whose page it is; above its title. */
  client?: ClientMark;
  /** A style sheet with the colour of that client. */
  brandHref?: string;
}

export interface LanguageLink {
  language: Language;
  /** The language's own name for itself. */
  label: string;
  href: string;
  current: boolean;
}

/** A form that the engine reads. The token is posted in the field `xsrf`. */
export interface EngineForm {
  action: string;
  xsrf: string;
}

export interface ServiceTile {
  name: string;
  mark: ClientMark;
  href: string;
  detail?: string;
}

/** Posts `login`, `password`; a connector's button posts nothing but `csrf`, and so does the way back. */
export interface SignInPage extends OurForm {
  /** Left out when the person signs in to our own pages. */
  clientName?: string;
  connectors: readonly ConnectorButton[];
  /** Left out where no browser would have one for us. */
  passkey?: PasskeyForm;
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

/** Posts `password`; a connector's button posts nothing but `csrf`. */
export interface LinkPage extends OurForm {
  /** Of the identity that waits to be linked. */
  connectorLabel: string;
  /** The address that it has in common with the account. */
  email: string;
  /** What the account can be proved with. */
  hasPassword: boolean;
  passkey?: PasskeyForm;
  connectors: readonly ConnectorButton[];
  passwordResetHref: string;
  /** The sign-in page of the same sign-in. */
  otherHref: string;
  fault?: Fault;
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
  /** Pages of the client's own. */
  policyHref?: string;
  termsHref?: string;
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

export type HomePage =
  | { person?: undefined; signInHref: string }
  | {
      person: { name: string; oauthId: string; roles: readonly string[] };
      signOut: OurForm;
      services: readonly ServiceTile[];
    };

/** A step that the browser takes by itself when it runs scripts, and by a button when it does not. */
export interface ContinuePage {
  action: string;
  fields: readonly { name: string; value: string }[];
}

/** Posts `logout` = `yes` to sign out, nothing to stay. */
export interface LogoutPage extends EngineForm {
  /** Who is signed in. */
  personName?: string;
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
  'interaction/link': LinkPage;
  'interaction/second-factor': SecondFactorPage;
  'interaction/second-factor/set-up': SecondFactorSetUpPage;
  'interaction/second-factor/codes': RecoveryCodes;
  'interaction/consent': ConsentPage;
  device: DevicePage;
  'device/confirm': DeviceConfirmPage;
  'device/done': DeviceDonePage;
  terminal: TerminalPage;
  'terminal/done': TerminalDonePage;
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
  'account/email': AccountEmailPage;
  'account/email/confirm': AccountEmailConfirmPage;
  'account/email/done': AccountEmailDonePage;
  'account/not-me': NotMePage;
  'account/not-me/done': NotMeDonePage;
  'account/password': AccountPasswordPage;
  'account/sessions': SessionsPage;
  'account/programs': ProgramsPage;
  'account/tokens': TokensPage;
  'account/tokens/made': TokenMadePage;
  cli: CliPage;
  'cli/made': CliMadePage;
  'account/history': HistoryPage;
  'account/sign-in-methods': SignInMethodsPage;
  'account/passkeys': PasskeysPage;
  'account/second-factor': AccountSecondFactorPage;
  'account/second-factor/set-up': AccountAppSetUpPage;
  'account/second-factor/codes': AccountRecoveryCodesPage;
  'account/data': DataPage;
  'account/deleted': DeletedPage;
  logout: LogoutPage;
  'logout/done': LogoutDonePage;
  error: ErrorPage;
}
