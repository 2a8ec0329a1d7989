// How an account is written for those who administer. What services and the person themselves are told is elsewhere
// (oidc/claims.ts, oidc/own-data.ts). Never a digest of a password.
import { z } from 'zod';
import type { Account } from './account.ts';
import type { FactorsOfAccount } from './second-factors.ts';

const text = z.string().nullable();
const time = z.iso.datetime();

export const accountDocument = z
  .strictObject({
    id: z.uuid(),
    username: text,
    name: z.string(),
    email: text,
    email_verified: z.boolean(),
    picture: text,
    locale: text,
    tier: z.string(),
    roles: z.array(z.string()),
    permissions: z.array(z.string()),
    blocked_at: time.nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Account' });

const factors = z.strictObject({
  app_since: time.nullable(),
  recovery_codes: z.int(),
  passkeys: z.int(),
});

/** With what it keeps to sign in with; of personal tokens their number. */
export const wholeAccountDocument = z
  .strictObject({ ...accountDocument.shape, second_factors: factors, personal_tokens: z.int() })
  .meta({ id: 'WholeAccount' });

export type AccountDocument = z.infer<typeof accountDocument>;
export type WholeAccountDocument = z.infer<typeof wholeAccountDocument>;

export function toDocument(account: Account): AccountDocument {
  return {
    id: account.id,
    username: account.username ?? null,
    name: account.name,
    email: account.email ?? null,
    email_verified: account.emailVerified,
    picture: account.picture ?? null,
    locale: account.locale ?? null,
    tier: account.tier,
    roles: account.roles,
    permissions: account.permissions,
    blocked_at: account.blockedAt?.toISOString() ?? null,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  };
}

export function toWholeDocument(
  account: Account,
  { appSince, recoveryCodes, passkeys }: FactorsOfAccount,
  personalTokens: number,
): WholeAccountDocument {
  return {
    ...toDocument(account),
    second_factors: {
      app_since: appSince?.toISOString() ?? null,
      recovery_codes: recoveryCodes,
      passkeys,
    },
    personal_tokens: personalTokens,
  };
}
