// The contract of a connector: an upstream that vouches for people. A connector knows how to send somebody there and
// what to make of what comes back; states and their single use are in pending-logins.ts, and whose account it is
// gets decided in accounts/sign-in.ts.

/** What an upstream says about a person. */
export interface Profile {
  /** The upstream's identifier: never reused, never an address or a name. */
  subject: string;
  name: string;
  username?: string | undefined;
  email?: string | undefined;
  /** True only when the upstream itself confirmed the address. */
  emailVerified: boolean;
  picture?: string | undefined;
  locale?: string | undefined;
  /** Of the organizations that we ask for, those the person is an active member of. */
  organizations?: readonly string[] | undefined;
}

/** What a connector has to know again when the person comes back. Kept sealed. */
export type Memory = Readonly<Record<string, string>>;

/** What else came back with the code. */
export interface Answer {
  /** RFC 9207: who says that they answered. */
  iss?: string | undefined;
}

export interface Connector {
  /** As it stands in URLs and in identities. */
  readonly id: string;
  /** As it stands on the button. */
  readonly label: string;
  /** `state` goes out with the person and comes back with them. */
  start(state: string): Promise<{ redirectTo: string; memory: Memory }>;
  /** Throws `upstream_failed` when the upstream does not do its part. */
  finish(code: string, memory: Memory, answer?: Answer): Promise<Profile>;
}
