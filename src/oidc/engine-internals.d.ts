// The types of what we use of the engine beyond its front door; its version is pinned, and test/flows/dpop*.test.ts would see
// a change. The engine hands these helpers to its own grants only.

declare module 'oidc-provider/lib/actions/end_session.js' {
  import type { KoaContextWithOIDC } from 'oidc-provider';

  /** The steps of the form that signs out; the last one ends the session. */
  export const confirm: readonly ((ctx: KoaContextWithOIDC) => Promise<void>)[];
}

declare module 'oidc-provider/lib/helpers/validate_dpop.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

  export interface DpopProof {
    /** RFC 7638: of the key that signed the proof. */
    thumbprint: string;
    jti: string;
    iat: number;
  }

  /** Checked once for a request, then remembered. Undefined without a proof. Throws invalid_dpop_proof. */
  export default function validateDpop(
    provider: Provider,
    ctx: KoaContextWithOIDC,
  ): Promise<DpopProof | undefined>;

  /** Throws `ErrorClass` for a proof that was seen before. */
  export function checkDpopReplay(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    proof: DpopProof | undefined,
    clientId: string,
    ErrorClass?: new (detail: string) => Error,
  ): Promise<void>;
}
