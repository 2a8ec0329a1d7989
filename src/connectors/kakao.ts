// Sign-in through Kakao. The person is a number that belongs to one application of theirs: with another client id everybody
// is somebody new. An address counts when it is both valid (`is_email_valid`: it has not passed to another account) and
// verified (`is_email_verified`). Name and address are there only if the person agreed to give them.
import type { Profile } from './connector.ts';
import { OAuth2Connector, type OAuth2Credentials } from './oauth2.ts';
import { recordOf, subjectOf, textOf, webAddressOf } from './profile-fields.ts';

export interface KakaoOptions extends OAuth2Credentials {
  /** Where people sign in and tokens come from. */
  url: string;
  apiUrl: string;
}

export const KAKAO_URL = 'https://kauth.kakao.com';
export const KAKAO_API_URL = 'https://kapi.kakao.com';

export class KakaoConnector extends OAuth2Connector {
  constructor({ url, apiUrl, ...credentials }: KakaoOptions) {
    super({
      ...credentials,
      id: 'kakao',
      label: 'Kakao',
      authorizationUrl: `${url}/oauth/authorize`,
      tokenUrl: `${url}/oauth/token`,
      userUrl: `${apiUrl}/v2/user/me`,
      // Kakao asks people for what is switched on in its console; a scope that is not ends in an error page there.
      scope: undefined,
      pkce: true,
      tokenAuth: 'post',
      profileOf,
    });
  }
}

function profileOf(user: unknown): Profile {
  const { id, kakao_account: account } = recordOf(user);
  const { email, is_email_valid: isValid, is_email_verified: isVerified, profile } = recordOf(account);
  const { nickname, profile_image_url: picture } = recordOf(profile);
  if (typeof id !== 'number') throw new Error('the person has no numeric id');
  return {
    subject: subjectOf(id),
    name: textOf(nickname) ?? textOf(email) ?? 'Kakao',
    email: textOf(email),
    emailVerified: textOf(email) !== undefined && isValid === true && isVerified === true,
    picture: webAddressOf(picture),
  };
}
