// How a client proves who it is (RFC 6749 §2.3, RFC 7523): with a secret, with keys, or, a public one, not at all.
import { isPublic, type Client, type ClientInput } from './client.ts';

/** What `input` makes of it: keys take the place of a secret, and a secret that of keys. */
export function authenticationOf(
  before: Client,
  { jwks, jwksUri, secret }: ClientInput,
): Pick<Client, 'secret' | 'metadata'> {
  const { jwks: _, jwks_uri: __, ...metadata } = before.metadata;
  if (jwks !== undefined || jwksUri !== undefined) {
    return {
      secret,
      metadata: {
        ...metadata,
        token_endpoint_auth_method: isPublic(before) ? 'none' : 'private_key_jwt',
        ...(jwks && { jwks }),
        ...(jwksUri && { jwks_uri: jwksUri }),
      },
    };
  }
  if (secret === undefined) return before;
  const hadKeys = metadata.token_endpoint_auth_method === 'private_key_jwt';
  return {
    secret,
    metadata: { ...metadata, ...(hadKeys && { token_endpoint_auth_method: 'client_secret_basic' }) },
  };
}
