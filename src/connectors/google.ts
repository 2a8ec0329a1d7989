// Sign-in through Google, an OpenID provider like others. What is particular: the ID token has name, address and picture,
// so nobody is asked further; the subject is the same in every project of theirs, while an address may pass on to another
// person; an account of Google may have an address of another house, which Google has confirmed once.
import { OidcConnector, type OidcOptions } from './oidc.ts';

export const GOOGLE_ISSUER = 'https://accounts.google.com';

export class GoogleConnector extends OidcConnector {
  constructor(options: Omit<OidcOptions, 'id' | 'label'>) {
    super({ ...options, id: 'google', label: 'Google' });
  }
}
