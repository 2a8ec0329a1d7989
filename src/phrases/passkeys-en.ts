// Owns what is said about passkeys, in English, and with it the type that the other languages fill.

export const passkeysEn = {
  title: 'Passkeys',
  lead: 'Sign in with your finger, your face or the PIN of your device. Nothing to remember, and nothing that a false page could ask you for.',
  none: 'You have no passkey yet.',
  count: (count: string) => (count === '1' ? 'You have one passkey.' : `You have ${count} passkeys.`),
  added: 'Added',
  lastUsed: 'Last used',
  never: 'not yet',
  kept: 'Kept',
  here: 'on one device only',
  synced: 'on all your devices, by your password manager',
  rename: 'Rename',
  renameOf: (name: string) => `Rename ${name}`,
  nameOf: (name: string) => `New name for ${name}`,
  save: 'Save',
  remove: 'Remove',
  removeOf: (name: string) => `Remove ${name}`,
  last: 'This is your only way in, so it stays. Add another one first.',
  add: 'Add a passkey',
  name: 'Name',
  nameHint: 'So that you can tell it from your others.',
  impossible: 'Passkeys only work where this server has a name and is reached over https.',
  unsupported: 'This browser cannot use passkeys here. Update it, or use another one.',
  needsScript: 'Passkeys need JavaScript, which is switched off in this browser.',
  cancelled: 'That was cancelled, or it took too long. Nothing was changed.',
  known: 'This device has a passkey for your account already.',

  /** On the pages of a sign-in. */
  signIn: 'Sign in with a passkey',
  confirm: 'Use a passkey',

  faults: {
    over: 'That took too long, or it was done already. Try again.',
    wrong: 'The passkey could not be checked. Try again, or sign in another way.',
    unknown: 'This passkey does not open an account here. Sign in another way.',
    other: 'This passkey does not belong to this account. Use another one.',
    copied:
      'This passkey was not taken: it may have been copied. Sign in another way, remove it from your account, and add a new one.',
    known: 'This passkey is there already. Nothing was added.',
    tooMany: 'You have as many passkeys as an account can have. Remove one that you do not use any more.',
    last: 'This is your only way in. Add another one before you remove it. Nothing was changed.',
    missing: 'That passkey was removed already.',
    nameEmpty: 'Enter a name.',
  },
};

export type PasskeyPhrases = typeof passkeysEn;
