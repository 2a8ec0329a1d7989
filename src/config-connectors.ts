// The settings of everybody else who vouches for people, GitHub aside. config.ts hands the variables in, and stays the
// only reader of the environment. Names are part of some: OIDC_<NAME>_…, CONNECTOR_<NAME>_…; the name becomes the
// connector's id, under which people are known for good, so it must mean nothing else here.
import { z } from 'zod';
import { isLoopback } from './base/addresses.ts';
import { GOOGLE_ISSUER } from './connectors/google.ts';
import { KAKAO_API_URL, KAKAO_URL } from './connectors/kakao.ts';
import { NAVER_API_URL, NAVER_URL } from './connectors/naver.ts';
import type { ProfileFields } from './connectors/oauth2.ts';
import { exactAddress, webAddress } from './setting-types.ts';

interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Upstream extends Credentials {
  readonly url: string;
  readonly apiUrl: string;
}

export interface OidcConfig extends Credentials {
  readonly id: string;
  readonly label: string;
  readonly issuer: string;
}

export interface OAuth2Config extends Credentials {
  readonly id: string;
  readonly label: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly userUrl: string;
  readonly scope: string | undefined;
  readonly issuer: string | undefined;
  readonly pkce: boolean;
  readonly tokenAuth: 'post' | 'basic';
  readonly fields: ProfileFields;
}

export interface ConnectorsConfig {
  readonly google: (Credentials & { readonly issuer: string }) | undefined;
  readonly kakao: Upstream | undefined;
  readonly naver: Upstream | undefined;
  /** By name. */
  readonly oidc: readonly OidcConfig[];
  /** By name. */
  readonly oauth2: readonly OAuth2Config[];
}

type Variables = Readonly<Record<string, string | undefined>>;

const required = z.string().min(1);
const path = z.string().regex(/^[^\s.]+(\.[^\s.]+)*$/, 'must be the name of a field, such as id or user.id');
const label = z
  .string()
  .trim()
  .max(40, 'must have at most 40 characters')
  .regex(/^[^\p{Cc}]+$/u, 'must be a name as it stands on a button');

const known = z.object({
  GOOGLE_CLIENT_ID: required.optional(),
  GOOGLE_CLIENT_SECRET: required.optional(),
  GOOGLE_ISSUER: exactAddress.default(GOOGLE_ISSUER),
  KAKAO_CLIENT_ID: required.optional(),
  KAKAO_CLIENT_SECRET: required.optional(),
  KAKAO_URL: webAddress.default(KAKAO_URL),
  KAKAO_API_URL: webAddress.optional(),
  NAVER_CLIENT_ID: required.optional(),
  NAVER_CLIENT_SECRET: required.optional(),
  NAVER_URL: webAddress.default(NAVER_URL),
  NAVER_API_URL: webAddress.optional(),
});

const NAMED = {
  OIDC: z.object({
    ISSUER: exactAddress,
    CLIENT_ID: required,
    CLIENT_SECRET: required,
    LABEL: label.optional(),
  }),
  CONNECTOR: z.object({
    CLIENT_ID: required,
    CLIENT_SECRET: required,
    AUTHORIZATION_URL: exactAddress,
    TOKEN_URL: exactAddress,
    USER_URL: exactAddress,
    LABEL: label.optional(),
    SCOPE: z.string().optional(),
    ISSUER: z.string().optional(),
    PKCE: z.enum(['on', 'off'], 'must be on or off').default('on'),
    TOKEN_AUTH: z.enum(['post', 'basic'], 'must be post or basic').default('post'),
    SUBJECT_FIELD: path.default('id'),
    NAME_FIELD: path.default('name'),
    USERNAME_FIELD: path.optional(),
    EMAIL_FIELD: path.default('email'),
    EMAIL_VERIFIED_FIELD: path.optional(),
    PICTURE_FIELD: path.optional(),
    LOCALE_FIELD: path.optional(),
  }),
} as const;

/** Of the well-known ones, GitHub among them: a client secret and a person's token go there. */
const ADDRESSES = ['GITHUB', 'KAKAO', 'NAVER']
  .flatMap((name) => [`${name}_URL`, `${name}_API_URL`])
  .concat('GOOGLE_ISSUER');

type Kind = keyof typeof NAMED;

/** What follows the name, by what stands before it. */
export const NAMED_SETTINGS: Readonly<Record<Kind, readonly string[]>> = {
  OIDC: Object.keys(NAMED.OIDC.shape),
  CONNECTOR: Object.keys(NAMED.CONNECTOR.shape),
};

/** Ids are also how somebody signed in (`amr`, RFC 8176): one of them must not pass for a password or a second factor. */
const TAKEN = new Set(
  `github google kakao naver password passkey totp recovery email invite setup
   face fpt geo hwk iris kba mca mfa otp pin pop pwd rba retina sc sms swk tel user vbm wia`.split(/\s+/),
);
const ID_MAX_LENGTH = 32;

/** Those of the names that are settings of a connector, and which of these are secrets (X_FILE counts for X). */
export function connectorVariables(given: readonly string[]): { names: string[]; secrets: string[] } {
  const bare = given.map((name) =>
    name.endsWith('_CLIENT_SECRET_FILE') ? name.slice(0, -'_FILE'.length) : name,
  );
  const named = [...new Set(bare)].filter((name) => partsOf(name) !== undefined);
  const names = [...Object.keys(known.shape), ...named];
  return { names, secrets: names.filter((name) => name.endsWith('_CLIENT_SECRET')) };
}

/** Adds to `faults`; what it returns counts only when there are none. */
export function readConnectors(variables: Variables, faults: string[]): ConnectorsConfig {
  const encrypted = (name: string, address: string | undefined) => {
    const url = URL.parse(address ?? '');
    if (url?.protocol !== 'http:' || isLoopback(url.hostname) || variables['ALLOW_INSECURE_ISSUER'] === '1')
      return;
    faults.push(`${name}: must be https unless its host is loopback (or set ALLOW_INSECURE_ISSUER=1)`);
  };
  const oidc = namesOf('OIDC', variables).flatMap((name) => {
    const set = readNamed('OIDC', name, variables, faults);
    if (!set) return [];
    encrypted(`OIDC_${name}_ISSUER`, set.ISSUER);
    return [{ ...commonOf(name, set), issuer: set.ISSUER }];
  });
  const oauth2 = namesOf('CONNECTOR', variables).flatMap((name) => {
    const set = readNamed('CONNECTOR', name, variables, faults);
    if (!set) return [];
    for (const key of ['AUTHORIZATION_URL', 'TOKEN_URL', 'USER_URL'] as const)
      encrypted(`CONNECTOR_${name}_${key}`, set[key]);
    return [plainOf(name, set)];
  });
  checkIds(variables, faults);
  return { ...readKnown(variables, faults, encrypted), oidc, oauth2 };
}

function readKnown(
  variables: Variables,
  faults: string[],
  encrypted: (name: string, address: string | undefined) => void,
): Pick<ConnectorsConfig, 'google' | 'kakao' | 'naver'> {
  for (const name of ['GOOGLE', 'KAKAO', 'NAVER']) {
    const [id, secret] = [`${name}_CLIENT_ID`, `${name}_CLIENT_SECRET`];
    if ((variables[id] === undefined) === (variables[secret] === undefined)) continue;
    faults.push(
      `${variables[id] === undefined ? id : secret} is missing: ${id} and ${secret} belong together`,
    );
  }
  for (const name of ADDRESSES) encrypted(name, variables[name]);
  const parsed = known.safeParse(variables);
  if (!parsed.success) {
    faults.push(...parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`));
    return { google: undefined, kakao: undefined, naver: undefined };
  }
  const set = parsed.data;
  const pair = (clientId: string | undefined, clientSecret: string | undefined) =>
    clientId && clientSecret ? { clientId, clientSecret } : undefined;
  const google = pair(set.GOOGLE_CLIENT_ID, set.GOOGLE_CLIENT_SECRET);
  const kakao = pair(set.KAKAO_CLIENT_ID, set.KAKAO_CLIENT_SECRET);
  const naver = pair(set.NAVER_CLIENT_ID, set.NAVER_CLIENT_SECRET);
  // One address may stand in for both of theirs.
  const api = (url: string, usual: string, usualApi: string) => (url === usual ? usualApi : url);
  const kakaoApi = set.KAKAO_API_URL ?? api(set.KAKAO_URL, KAKAO_URL, KAKAO_API_URL);
  const naverApi = set.NAVER_API_URL ?? api(set.NAVER_URL, NAVER_URL, NAVER_API_URL);
  return {
    google: google && { ...google, issuer: set.GOOGLE_ISSUER },
    kakao: kakao && { ...kakao, url: set.KAKAO_URL, apiUrl: kakaoApi },
    naver: naver && { ...naver, url: set.NAVER_URL, apiUrl: naverApi },
  };
}

/** `OIDC_EXAMPLE_CLIENT_ID` → kind, name and the rest; undefined for what is not ours. */
function partsOf(variable: string): { kind: Kind; name: string } | undefined {
  const kind = (Object.keys(NAMED) as Kind[]).find((prefix) => variable.startsWith(`${prefix}_`));
  if (!kind) return undefined;
  const pattern = new RegExp(`^${kind}_([A-Z0-9]+(?:_[A-Z0-9]+)*?)_(?:${NAMED_SETTINGS[kind].join('|')})$`);
  const name = pattern.exec(variable)?.[1];
  return name === undefined ? undefined : { kind, name };
}

/** Those with credentials, or a part of them: an address alone is no connector yet, and no fault. */
function namesOf(kind: Kind, variables: Variables): string[] {
  const names = Object.keys(variables).flatMap((variable) => {
    const parts = partsOf(variable);
    return parts?.kind === kind && variables[variable] !== undefined ? [parts.name] : [];
  });
  const isMeant = (name: string) =>
    variables[`${kind}_${name}_CLIENT_ID`] !== undefined ||
    variables[`${kind}_${name}_CLIENT_SECRET`] !== undefined;
  return [...new Set(names)].filter(isMeant).toSorted();
}

function readNamed<K extends Kind>(
  kind: K,
  name: string,
  variables: Variables,
  faults: string[],
): z.output<(typeof NAMED)[K]> | undefined {
  const prefix = `${kind}_${name}_`;
  const given = Object.fromEntries(NAMED_SETTINGS[kind].map((key) => [key, variables[prefix + key]]));
  const parsed = NAMED[kind].safeParse(given);
  if (parsed.success) return parsed.data as z.output<(typeof NAMED)[K]>;
  for (const {
    path: [key],
    message,
  } of parsed.error.issues) {
    const isMissing = given[String(key)] === undefined;
    faults.push(`${prefix}${String(key)}${isMissing ? ` is missing: ${prefix}* needs it` : `: ${message}`}`);
  }
  return undefined;
}

function checkIds(variables: Variables, faults: string[]): void {
  const seen = new Map<string, string>();
  for (const kind of Object.keys(NAMED) as Kind[]) {
    for (const name of namesOf(kind, variables)) {
      const [id, prefix] = [idOf(name), `${kind}_${name}`];
      const other = seen.get(id);
      if (TAKEN.has(id)) faults.push(`${prefix}_*: "${id}" means something else here, choose another name`);
      else if (other) faults.push(`${prefix}_*: ${other}_* has the same name, choose another one`);
      else if (id.length > ID_MAX_LENGTH)
        faults.push(`${prefix}_*: the name must have at most ${ID_MAX_LENGTH} characters`);
      seen.set(id, prefix);
    }
  }
}

function idOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function commonOf(
  name: string,
  set: { CLIENT_ID: string; CLIENT_SECRET: string; LABEL?: string | undefined },
): Credentials & { id: string; label: string } {
  const words = name.split('_').map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`);
  return {
    id: idOf(name),
    label: set.LABEL ?? words.join(' '),
    clientId: set.CLIENT_ID,
    clientSecret: set.CLIENT_SECRET,
  };
}

function plainOf(name: string, set: z.output<(typeof NAMED)['CONNECTOR']>): OAuth2Config {
  return {
    ...commonOf(name, set),
    authorizationUrl: set.AUTHORIZATION_URL,
    tokenUrl: set.TOKEN_URL,
    userUrl: set.USER_URL,
    scope: set.SCOPE,
    issuer: set.ISSUER,
    pkce: set.PKCE === 'on',
    tokenAuth: set.TOKEN_AUTH,
    fields: {
      subject: set.SUBJECT_FIELD,
      name: set.NAME_FIELD,
      username: set.USERNAME_FIELD,
      email: set.EMAIL_FIELD,
      emailVerified: set.EMAIL_VERIFIED_FIELD,
      picture: set.PICTURE_FIELD,
      locale: set.LOCALE_FIELD,
    },
  };
}
