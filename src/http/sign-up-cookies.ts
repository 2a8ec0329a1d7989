// The two cookies between a sign-in and the account that is made for it behind a link in a mail: which sign-in this browser
// was in when it asked, and afterwards, for the pages of that sign-in alone, what the account was made with.
import { HAND_OVER_SECONDS, SIGN_UP_SECONDS } from '../accounts/sign-up.ts';
import { PrivateCookie } from './link-cookie.ts';

/** Holds the uid of the sign-in; for the pages behind the link. */
export const signUpBegun = new PrivateCookie('portaria_sign_up_begun', '/sign-up', SIGN_UP_SECONDS);

/** Holds the secret of the link that was used. */
export function signUpDone(interactionUid: string): PrivateCookie {
  return new PrivateCookie('portaria_sign_up_done', `/interaction/${interactionUid}`, HAND_OVER_SECONDS);
}
