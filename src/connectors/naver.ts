// Sign-in through Naver. The person is a text that belongs to one application of theirs: with another client id everybody is
// somebody new. Naver does not say whether an address is verified, so none is. Answers about people come in an envelope
// whose `resultcode` tells of errors; a code that is refused is answered with 200 and `error`.
import type { Profile } from './connector.ts';
import { OAuth2Connector, type OAuth2Credentials } from './oauth2.ts';
import { recordOf, subjectOf, textOf, webAddressOf } from './profile-fields.ts';

export interface NaverOptions extends OAuth2Credentials {
  /** Where people sign in and tokens come from. */
  url: string;
  apiUrl: string;
}

export const NAVER_URL = 'https://nid.naver.com';
export const NAVER_API_URL = 'https://openapi.naver.com';

const SUCCESS = '00';

export class NaverConnector extends OAuth2Connector {
  constructor({ url, apiUrl, ...credentials }: NaverOptions) {
    super({
      ...credentials,
      id: 'naver',
      label: 'Naver',
      authorizationUrl: `${url}/oauth2.0/authorize`,
      tokenUrl: `${url}/oauth2.0/token`,
      userUrl: `${apiUrl}/v1/nid/me`,
      // What people are asked for is set in Naver's console.
      scope: undefined,
      // Its manual does not speak of PKCE, and a parameter that a server does not know is ignored (RFC 6749 §3.1).
      pkce: true,
      tokenAuth: 'post',
      // Its manual wants the state there as well.
      repeatsState: true,
      profileOf,
    });
  }
}

function profileOf(envelope: unknown): Profile {
  const { resultcode: result, response } = recordOf(envelope);
  if (result !== SUCCESS) throw new Error(`the result is ${JSON.stringify(result)?.slice(0, 20)}`);
  const { id, name, nickname, email, profile_image: picture } = recordOf(response);
  return {
    subject: subjectOf(id),
    name: textOf(name) ?? textOf(nickname) ?? textOf(email) ?? 'Naver',
    email: textOf(email),
    emailVerified: false,
    picture: webAddressOf(picture),
  };
}
