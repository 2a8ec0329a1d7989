// Owns everything our pages say, in English, and with it the type that every other language must fill.
import { accountEn } from './account-en.ts';
import { cliEn } from './cli-en.ts';
import { measuresIn } from './measures.ts';
import { passkeysEn } from './passkeys-en.ts';
import { secondFactorEn } from './second-factor-en.ts';
import { terminalEn } from './terminal-en.ts';

const measure = measuresIn('en');

export interface ScopePhrases {
  title: string;
  detail: string;
}

export interface ErrorPhrases {
  title: string;
  /** What happened. */
  happened: string;
  /** What the reader can do about it. */
  next: string;
}

/** What a mail says; the greeting and the foot are the same in all. */
export interface LetterPhrases {
  subject: string;
  paragraphs: readonly string[];
  /** On the link, when there is one. */
  button?: string;
  note?: string;
}

export const en = {
  frame: {
    product: 'Portaria',
    languages: 'Language',
    faultTitle: (title: string) => `Error: ${title}`,
    copy: 'Copy',
    copied: 'Copied',
    showPassword: 'Show',
    hidePassword: 'Hide',
    showPasswordLabel: 'Show the password',
    hidePasswordLabel: 'Hide the password',
    optional: 'optional',
    reference: 'Reference',
    tryAgain: 'Try again',
    toHome: 'Go to the front desk',
  },

  signIn: {
    title: 'Sign in',
    lead: 'Good to see you. Say who you are and go right in.',
    leadFor: (client: string) => `to continue to ${client}`,
    deviceNote:
      'A program in a terminal, or another device, started this sign-in. Continue only if you started it yourself.',
    connector: (label: string) => `Continue with ${label}`,
    or: 'or',
    login: 'E-mail or username',
    password: 'Password',
    submit: 'Sign in',
    passwordReset: 'Forgot your password?',
    signUp: 'Create an account',
    cancel: (client: string) => `Back to ${client}`,
    cancelPlain: 'Cancel',
  },

  link: {
    title: 'Is this you?',
    lead: (email: string) => `There is already an account with ${email}.`,
    ask: (label: string) =>
      `${label} has confirmed that this address is yours. Show once that the account is yours too, and from then on ${label} opens it as well.`,
    password: 'Password of this account',
    submit: 'Confirm',
    confirmWith: (label: string) => `Confirm with ${label}`,
    noProof:
      'There is nothing to confirm it with here yet. Have a link sent to this address, choose a password, and come back.',
    choosePassword: 'Send me the link',
    wrongProof: (label: string) =>
      `That sign-in with ${label} does not belong to this account. Nothing was linked.`,
    other: 'Sign in another way',
  },

  secondFactor: secondFactorEn,

  terminal: terminalEn,

  signInFaults: {
    wrongLoginOrPassword: 'The name or the password is not right. Check both and try again.',
    tooManyTries: (minutes: number) =>
      `That was too many tries. Wait ${measure.minutes(minutes)}, then try again.`,
    loginEmpty: 'Enter your e-mail address or your username.',
    passwordEmpty: 'Enter your password.',
    accountBlocked: 'This account is blocked. Ask an administrator to open it again.',
    connectorDenied: (label: string) => `You cancelled at ${label}. Try again, or sign in another way.`,
  },

  fieldFaults: {
    nameEmpty: 'Enter your name.',
    nameTooLong: 'This name is too long. Use at most 200 characters.',
    emailEmpty: 'Enter your e-mail address.',
    emailInvalid: 'This is not a valid e-mail address. It should look like ana@example.com.',
    emailDomain: 'New accounts are only open to addresses of certain organizations. Use your address there.',
    emailSame: 'This is your address already.',
    emailTaken: 'There is already an account with this e-mail address.',
    usernameTaken: 'This username is taken. Choose another one.',
    usernameInvalid: 'Use only letters, digits, dots, hyphens and underscores, without spaces or @.',
    passwordTooShort: (min: number) => `Too short. Use at least ${measure.number(min)} characters.`,
    passwordTooLong: (max: number) => `Too long. Use at most ${measure.number(max)} characters.`,
    passwordTooCommon:
      'This password is in lists of leaked passwords, or too close to one, to your own name or to this site’s. Choose another: a few random words are good.',
    currentEmpty: 'Enter the password that you have now.',
    currentWrong: 'This is not the password that you have now.',
    required: 'Fill in this field.',
  },

  consent: {
    title: (client: string) => `Let ${client} in?`,
    signedInAs: 'Signed in as',
    switchAccount: 'Not you? Sign in as someone else',
    asks: (client: string) => `${client} would like to:`,
    resources: (names: readonly string[]) => `It asks for this at: ${names.join(', ')}.`,
    native: 'This is a program on your own device. Continue only if you opened it just now.',
    thirdParty: 'This app is run by someone else. Allow it only if you trust them.',
    policy: 'Privacy policy',
    terms: 'Terms of use',
    redirect: (host: string) => `Afterwards you go to ${host}.`,
    redirectApp: 'Afterwards you go back to the program on this device.',
    allow: 'Allow',
    deny: 'Deny',
  },

  scopes: {
    openid: { title: 'Know who you are', detail: 'Your identifier, the same for every service here' },
    profile: { title: 'See your profile', detail: 'Name, username, picture and language' },
    email: { title: 'See your e-mail address', detail: 'And whether it has been confirmed' },
    offline_access: {
      title: 'Stay connected',
      detail: 'Even while you are signed out, until you disconnect it',
    },
    read: { title: 'Read your details', detail: 'Profile, e-mail address and roles; nothing is changed' },
    write: { title: 'Make changes in your name', detail: 'In the services that accept this sign-in' },
    'users.read': { title: 'Look up other people', detail: 'Names and e-mail addresses of accounts here' },
    vault: {
      title: 'Use accounts you have connected',
      detail: 'Act for you at services such as GitHub, as far as you allowed there',
    },
    admin: {
      title: 'Administer Portaria',
      detail: 'Everything your roles permit: people, clients and settings',
    },
  } satisfies Record<string, ScopePhrases>,

  device: {
    title: 'Connect a device',
    lead: 'Enter the code that your device or terminal shows.',
    code: 'Code',
    codeHint: 'Eight letters, for example WDJB-MJHT. The hyphen does not matter.',
    submit: 'Continue',
    codeEmpty: 'Enter the code that your device shows.',
    codeWrong: 'This code is not right. Compare it with your device and try again.',
    codeExpired: 'This code has expired. Start again on your device to get a new one.',
    codeUsed: 'This code has been used already. Start again on your device to get a new one.',
    codeTooManyTries: (minutes: number) =>
      `That was too many wrong codes. Wait ${measure.minutes(minutes)}, then try again.`,
  },

  deviceConfirm: {
    title: (program: string) => `Connect ${program}?`,
    same: 'Does your device show this code?',
    warning:
      'Only continue if you started this yourself and the code is the same as on your device. Nobody who is entitled to will ever send you a code to enter here.',
    requested: 'Requested',
    ip: 'From address',
    userAgent: 'By',
    started: 'When',
    ago: (seconds: number) => measure.ago(seconds),
    confirm: 'Yes, continue',
    abort: 'Cancel',
  },

  deviceDone: {
    allowedTitle: 'You’re connected',
    allowed: 'You can go back to your device. This window may be closed.',
    allowedFor: (program: string) => `You can go back to ${program}. This window may be closed.`,
    deniedTitle: 'Nothing was connected',
    denied: 'The request was refused and the code no longer works. This window may be closed.',
  },

  continuing: {
    title: 'One moment',
    submit: 'Continue',
  },

  setup: {
    title: 'Set up Portaria',
    lead: 'You are the first one here. Create the administrator’s account; this page works only once.',
    name: 'Name',
    email: 'E-mail',
    username: 'Username',
    usernameHint: 'Letters, digits, dots, hyphens and underscores. A short name to sign in with.',
    password: 'Password',
    passwordHint: (min: number) =>
      `At least ${measure.number(min)} characters. Several words in a row are easy to remember.`,
    submit: 'Create the account',
  },

  signUp: {
    title: 'Create an account',
    lead: 'Enter your e-mail address. We will send you a link with which you choose a name and a password.',
    email: 'E-mail',
    submit: 'Send the link',
    toSignIn: 'I have an account already',
    sentTitle: 'Check your mailbox',
    sent: 'We have sent a mail to this address. Open the link in it, best in this browser.',
    sentNext:
      'Nothing there after a few minutes? Look in the spam folder, and check how you wrote the address. For one address we send three mails an hour at most.',
    askAgain: 'Use another address',
    formTitle: 'Create your account',
    formLead: (email: string) => `${email} is confirmed. Only a name and a password are missing.`,
    formSubmit: 'Create the account',
    doneTitle: 'Your account is ready',
    done: 'Go back to the app that you came from and sign in, or sign in here.',
    signIn: 'Sign in',
  },

  resetPassword: {
    title: 'Choose a new password',
    lead: 'Enter the e-mail address of your account. We will send you a link to choose a new password.',
    email: 'E-mail',
    submit: 'Send the link',
    toSignIn: 'Back to sign-in',
    sentTitle: 'Check your mailbox',
    sent: 'If there is an account with this address, a mail with a link is on its way.',
    sentNext:
      'Nothing there after a few minutes? Look in the spam folder, and check how you wrote the address. For one address we send three mails an hour at most.',
    askAgain: 'Use another address',
    newTitle: 'Choose a new password',
    newLead: (email: string) => `for ${email}`,
    password: 'New password',
    endsAll: 'You will be signed out everywhere, on every device and in every program.',
    newSubmit: 'Change the password',
    doneTitle: 'Your password has been changed',
    done: 'You were signed out everywhere. Sign in with the new password, here or in the app that you came from.',
    signIn: 'Sign in',
  },

  mail: {
    hello: 'Hello,',
    helloTo: (name: string) => `Hello ${name},`,
    linkHint: 'If the button does not work, copy this address into your browser:',
    sentBy: (host: string) =>
      `Sent by ${host}. Nobody here will ever ask you for your password or for this link.`,
    passwordReset: (seconds: number): LetterPhrases => ({
      subject: 'Choose a new password',
      paragraphs: ['Somebody, most likely you, asked for a new password for your account.'],
      button: 'Choose a new password',
      note: `The link works once, for ${measure.life(seconds)}. If it was not you, there is nothing to do: your password stays as it is.`,
    }),
    passwordChanged: {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account has just been changed, and you were signed out everywhere else.',
      ],
    } as LetterPhrases,
    passkeyAdded: {
      subject: 'A passkey was added to your account',
      paragraphs: ['From now on your account can be opened with it.'],
    } as LetterPhrases,
    passkeyRemoved: {
      subject: 'A passkey was removed from your account',
      paragraphs: ['It opens your account no more.'],
    } as LetterPhrases,
    personalTokenMade: {
      subject: 'A personal token was made for your account',
      paragraphs: ['Whoever has it can act in your name. You see all of them on your account pages.'],
    } as LetterPhrases,
    personalTokenExpiring: ([name = '', when = '']: readonly string[]): LetterPhrases => ({
      subject: 'A personal token of yours is about to end',
      paragraphs: [
        `The token “${name}” works until ${when}. If a program still needs it, make another one and give it to the program before that.`,
      ],
      button: 'To my tokens',
    }),
    signUp: (seconds: number): LetterPhrases => ({
      subject: 'Create your account',
      paragraphs: ['Somebody, most likely you, wants to create an account with this address.'],
      button: 'Create the account',
      note: `The link works once, for ${measure.life(seconds)}. If it was not you, there is nothing to do: no account is made.`,
    }),
    invitation: (seconds: number): LetterPhrases => ({
      subject: 'You are invited',
      paragraphs: [
        'You are invited to create an account here. You choose your name and your password yourself.',
      ],
      button: 'Create the account',
      note: `The link works once, for ${measure.life(seconds)}.`,
    }),
    emailChange: (seconds: number): LetterPhrases => ({
      subject: 'Confirm your new address',
      paragraphs: ['Somebody, most likely you, wants this to be the address of their account.'],
      button: 'Confirm the address',
      note: `The link works once, for ${measure.life(seconds)}. If it was not you, there is nothing to do: nothing is changed.`,
    }),
    /** In every letter to the owner of an account, with the link to say so. */
    notMe: (seconds: number) => ({
      button: 'This was not me',
      note: `If it was not you, somebody else is in your account. Behind the link you sign everybody out, and then choose a new password. It works once, for ${measure.life(seconds)}.`,
    }),
    emailChanged: {
      subject: 'Your address was changed',
      paragraphs: [
        'Your account has another e-mail address now. This one no longer belongs to it.',
        'If it was you, there is nothing to do.',
        'The link below also gives the account this address back.',
      ],
    } as LetterPhrases,
    emailRestored: {
      subject: 'Your address was changed back',
      paragraphs: [
        'Whoever reads the mailbox that your account had before says that the new address did not come from them. Your account has the old one again, and everybody was signed out.',
        'If you changed the address yourself, tell an administrator.',
      ],
    } as LetterPhrases,
    /** Behind the first paragraph stands when it was, in what browser and from which address. */
    newSignIn: {
      subject: 'A sign-in from a new browser',
      paragraphs: [
        'Somebody signed in to your account in a browser that we have not seen with it before.',
        'If it was you, there is nothing to do.',
      ],
    } as LetterPhrases,
    secondFactorAdded: {
      subject: 'A second step was added to your account',
      paragraphs: [
        'From now on signing in also asks for a code of your authenticator app. Keep your recovery codes in a safe place.',
      ],
    } as LetterPhrases,
    secondFactorRemoved: {
      subject: 'The second step was removed from your account',
      paragraphs: [
        'Signing in no longer asks for a code of an authenticator app. Your recovery codes are worth nothing any more.',
      ],
    } as LetterPhrases,
    secondFactorReset: {
      subject: 'An administrator removed the second step from your account',
      paragraphs: [
        'You are signed out everywhere, and signing in no longer asks for a code. Set a second step up again when you can.',
        'If you did not ask for it, tell an administrator.',
      ],
    } as LetterPhrases,
    recoveryCodeUsed: {
      subject: 'A recovery code of yours was used',
      paragraphs: [
        'Somebody signed in to your account with one of your recovery codes. That code is used up.',
      ],
    } as LetterPhrases,
    recoveryCodesRenewed: {
      subject: 'You have new recovery codes',
      paragraphs: [
        'New recovery codes were made for your account. Those of before are worth nothing any more.',
      ],
    } as LetterPhrases,
    addressTaken: {
      subject: 'This address belongs to an account already',
      paragraphs: [
        'Somebody, perhaps you, wanted to give this address to their account. It belongs to another account, so nothing was changed.',
        'If it was you: sign in to the account that has this address, and give it another one first.',
      ],
    } as LetterPhrases,
    accountExists: {
      subject: 'You already have an account',
      paragraphs: [
        'Somebody, most likely you, wanted to create an account with this address. You have one already: sign in with it.',
        'If you have forgotten the password, you can choose a new one.',
      ],
      button: 'Choose a new password',
      note: 'If it was not you, there is nothing to do: nothing was changed.',
    } as LetterPhrases,
  },

  home: {
    title: 'Front desk',
    signedOutTitle: 'Welcome',
    signedOut: 'This is the front desk. Sign in once here, and every service in the house knows who you are.',
    signIn: 'Sign in',
    greeting: (name: string) => `Hello, ${name}`,
    identifier: 'Your identifier',
    identifierHint: 'The same in every service. It never changes, and it is not a secret.',
    roles: 'Roles',
    services: 'Services',
    account: 'Your account',
    signOut: 'Sign out',
  },

  account: accountEn,

  cli: cliEn,
  passkeys: passkeysEn,

  logout: {
    title: 'Sign out?',
    question: 'Do you want to sign out of Portaria?',
    questionFor: (client: string) => `Do you want to sign out of Portaria and ${client}?`,
    signedInAs: 'Signed in as',
    note: 'Command-line programs and devices that you connected stay connected.',
    signOut: 'Sign out',
    stay: 'Stay signed in',
    doneTitle: 'You’re signed out',
    done: 'See you next time. On a shared computer, close the browser too.',
    doneFor: (client: string) => `You are signed out of ${client} and of Portaria.`,
  },

  errorPage: {
    waitAbout: (seconds: number) => `Try again in about ${measure.wait(seconds)}.`,
    client: 'Client',
    developers: 'If you are building this app',
    redirectHints: [
      'Compare the redirect_uri of the request with the ones registered for this client, letter by letter: scheme, host, port, path and a final slash all count.',
      'Add it with “npx portaria clients update”, or ask the administrator of this server.',
      'The log of this server names the address that was refused, under the reference below.',
    ],
  },

  errors: {
    invalid_request: {
      title: 'That did not work',
      happened: 'Something in the request was missing or not as it should be.',
      next: 'Go back to the app you came from and start again. If it happens once more, send its makers the reference below.',
    },
    access_denied: {
      title: 'Access was not given',
      happened: 'The request was refused, or your account has no permission for this.',
      next: 'If you think that you should get in, ask an administrator.',
    },
    invalid_client: {
      title: 'We do not know this app',
      happened: 'The app that sent you here is not registered, or it has been switched off.',
      next: 'Tell the people who run the app, and give them the reference below.',
    },
    unregistered_redirect_uri: {
      title: 'This return address is not registered',
      happened:
        'The app asked us to send you to an address that is not on its list. For your safety we stopped here.',
      next: 'Tell the people who run the app, and give them the reference below.',
    },
    session_not_found: {
      title: 'This sign-in cannot be continued',
      happened: 'It was started in another browser, or it has expired.',
      next: 'Go back to the app you came from and sign in again.',
    },
    too_many_requests: {
      title: 'One moment, please',
      happened: 'There were too many tries in a short time.',
      next: 'Wait a little, then try again.',
    },
    temporarily_unavailable: {
      title: 'Back in a moment',
      happened: 'The server cannot answer right now. Nothing was changed.',
      next: 'Try again in a few seconds.',
    },
    not_found: {
      title: 'There is no such page',
      happened: 'The address may be mistyped, or the page is no longer here.',
      next: 'Check the address, or begin at the front desk.',
    },
    method_not_allowed: {
      title: 'This page does not open like this',
      happened:
        'The address is one that a form is sent to, or a program asks. There is nothing to read at it.',
      next: 'Go back to the page you came from, or begin at the front desk.',
    },
    upstream_failed: {
      title: 'The other service did not answer',
      happened: 'The service that you wanted to sign in with did not do its part.',
      next: 'Try again, or sign in another way.',
    },
    sign_up_closed: {
      title: 'New accounts are by invitation',
      happened:
        'There is no account here that belongs to this sign-in, and new ones are not open to everyone.',
      next: 'Ask an administrator for an invitation, or sign in with an account that you already have.',
    },
    server_error: {
      title: 'Something broke on our side',
      happened: 'This was not your fault. The fault has been recorded.',
      next: 'Try again in a moment. If it stays, send the administrator the reference below.',
    },
    sign_in_again: {
      title: 'Sign in again, please',
      happened: 'Your sign-in has ended, or it was too long ago for this. Nothing was changed.',
      next: 'Sign in, then send the form once more.',
    },
    form_expired: {
      title: 'This form has expired',
      happened:
        'The page was open for too long, or your browser did not send its cookies. Nothing was changed.',
      next: 'Go back, load the page again and send it once more.',
    },
    no_verified_email: {
      title: 'No confirmed e-mail address',
      happened:
        'The service that you signed in with did not give us an e-mail address that it has confirmed.',
      next: 'Confirm your address there, or allow it to be shared, and try again. You can also sign in another way.',
    },
    account_blocked: {
      title: 'This account is blocked',
      happened: 'An administrator has blocked it.',
      next: 'Ask an administrator to open it again.',
    },
    link_over: {
      title: 'This step is over',
      happened:
        'It was done already, it took too long, or another sign-in took its place. Nothing was changed.',
      next: 'Sign in again. If your account is not linked yet, you are asked once more.',
    },
    set_up_over: {
      title: 'This took too long',
      happened: 'The page was open for too long, or was begun somewhere else. Nothing was changed.',
      next: 'Begin again.',
    },
    second_factor_over: {
      title: 'This step is over',
      happened: 'It was done already, or it took too long. Nothing was changed.',
      next: 'Sign in again. You are asked for the second step once more.',
    },
    proof_of_another: {
      title: 'This belongs to another account',
      happened:
        'What you confirmed with does not belong to the account with your e-mail address. Nothing was linked.',
      next: 'Go back and confirm with the account that has this address.',
    },
    identity_taken: {
      title: 'This sign-in is taken',
      happened: 'It belongs to another account here in the meantime. Nothing was linked.',
      next: 'Sign in with it as it is, or sign in another way.',
    },
    account_exists: {
      title: 'You already have an account here',
      happened: 'There is an account with the e-mail address of this sign-in.',
      next: 'Go back and sign in the way you did before.',
    },
    setup_link_invalid: {
      title: 'This set-up link is not valid',
      happened: 'It has been used already, a newer one was made, or it was not copied completely.',
      next: 'If there is an administrator, just sign in. Otherwise restart the server: it prints a new link.',
    },
    link_expired: {
      title: 'This link has expired',
      happened: 'It was good once, but it has been used already or its time is over.',
      next: 'Start again from where you got the link.',
    },
    request_too_large: {
      title: 'That was too much',
      happened: 'What was sent is larger than we take.',
      next: 'Go back, send less and try again.',
    },
  } satisfies Record<string, ErrorPhrases>,
};

export type Phrases = typeof en;
