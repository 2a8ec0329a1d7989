// Who a person is to us, and the rules that need no database: what a name and an address may look like.
// Rules answer with the name of a fault, or undefined; `assert…` turns the first one into a refusal.
import { randomUUID } from 'node:crypto';
import { invalidRequest } from '../base/errors.ts';
import { PASSWORD_MAX_LENGTH } from '../base/password.ts';

export interface Account {
  /** Lower-case UUID, never reused. */
  id: string;
  username: string | undefined;
  name: string;
  email: string | undefined;
  emailVerified: boolean;
  picture: string | undefined;
  locale: string | undefined;
  tier: string;
  roles: string[];
  permissions: string[];
  blockedAt: Date | undefined;
  createdAt: Date;
  updatedAt: Date;
}

/** The role whose holders may do everything here; the first account of an installation has it. */
export const ADMINISTRATOR_ROLE = 'admin';
export const ADMINISTRATOR_PERMISSIONS: readonly string[] = ['admin'];

export type FieldFault =
  | 'nameEmpty'
  | 'nameTooLong'
  | 'emailEmpty'
  | 'emailInvalid'
  | 'usernameInvalid'
  | 'passwordTooShort'
  | 'passwordTooLong'
  | 'passwordTooCommon';

const SENTENCES: Readonly<Record<Exclude<FieldFault, 'passwordTooShort'>, string>> = {
  nameEmpty: 'Enter a name.',
  nameTooLong: 'A name has at most 200 characters.',
  emailEmpty: 'Enter an e-mail address.',
  emailInvalid: 'This is not a valid e-mail address. It should look like ana@example.com.',
  usernameInvalid:
    'A username has 3 to 64 letters, digits, dots, hyphens and underscores, without spaces or @.',
  passwordTooLong: `A password has at most ${PASSWORD_MAX_LENGTH} characters.`,
  passwordTooCommon:
    'This password is in lists of leaked passwords, or too close to one, to your own name or to this site’s. Choose another: a few random words are good.',
};

/** Version 7 (RFC 9562 §5.7): in order of time, so that lists page by id. */
export function newAccountId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isAccountId(text: string): boolean {
  return UUID.test(text);
}

const NAME_MAX_LENGTH = 200;

export function nameFault(name: string): FieldFault | undefined {
  if (name.trim() === '') return 'nameEmpty';
  return name.length > NAME_MAX_LENGTH ? 'nameTooLong' : undefined;
}

// ASCII only: a name that looks like another's, or that lower() folds into it (U+212A, the Kelvin sign), is no name.
const USERNAME = /^[A-Za-z0-9._-]{3,64}$/;

export function usernameFault(username: string): FieldFault | undefined {
  return USERNAME.test(username) ? undefined : 'usernameInvalid';
}

const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 5321 §4.5.3.1. */
export const EMAIL_MAX_LENGTH = 254;
const LOCAL_PART_MAX_LENGTH = 64;

/** As it is stored and compared: one spelling for one mailbox. */
export function normaliseEmail(email: string): string {
  const trimmed = email.trim();
  // Folding other scripts could turn one address into another person's; the rule below refuses them.
  return /^[\x20-\x7e]*$/.test(trimmed) ? trimmed.toLowerCase() : trimmed;
}

export function emailFault(email: string): FieldFault | undefined {
  const address = normaliseEmail(email);
  if (address === '') return 'emailEmpty';
  const [local = '', domain = '', ...rest] = address.split('@');
  const labels = domain.split('.');
  const isAddress =
    rest.length === 0 &&
    address.length <= EMAIL_MAX_LENGTH &&
    local.length <= LOCAL_PART_MAX_LENGTH &&
    LOCAL_PART.test(local) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    // Else it is the number of a machine, which has a hundred spellings (`0x7f.1`), and no domain.
    /^[a-z]/.test(labels.at(-1) ?? '');
  return isAddress ? undefined : 'emailInvalid';
}

export function domainOf(email: string): string {
  return normaliseEmail(email).split('@')[1] ?? '';
}

/** What an administrator, or the first one, fills in. */
export interface AccountForm {
  email: string;
  name?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
}

export type CheckedForm = AccountForm & { name: string };

/** The form as it is stored. Throws 400 that names the field of the first fault; the password is for new-passwords.ts. */
export function checkForm(form: AccountForm): CheckedForm {
  const { username, password } = form;
  const email = normaliseEmail(form.email);
  const name = (form.name ?? username ?? email.split('@')[0] ?? '').trim();
  assertField('email', emailFault(email));
  assertField('name', nameFault(name));
  if (username !== undefined) assertField('username', usernameFault(username));
  return { email, name, username, password };
}

/** Throws 400 that names the field, when there is a fault. */
export function assertField(field: string, fault: FieldFault | undefined, minLength?: number): void {
  if (!fault) return;
  const sentence = fault === 'passwordTooShort' ? `Use at least ${minLength} characters.` : SENTENCES[fault];
  throw invalidRequest(sentence, { field, reason: fault });
}
