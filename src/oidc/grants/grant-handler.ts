// What the wrappers in this folder wrap.
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The engine's handler of one grant type at the token endpoint; the client is authenticated by then. */
export type GrantHandler = (ctx: KoaContextWithOIDC) => Promise<void>;
