// An authenticator app as people have it, by other people's code: it knows a secret and shows the code of now.
import { generateSync } from 'otplib';
import type { Portaria } from './portaria.ts';

export interface Authenticator {
  secret: string;
  /** The code of now, or of so many steps from now. */
  code(steps?: number): string;
}

export function authenticatorOf(secret: string): Authenticator {
  return {
    secret,
    code: (steps = 0) => generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 }),
  };
}

/** As if the account had been given an app a while ago: no code of now is used. */
export async function giveAuthenticator(
  { services, database }: Portaria,
  accountId: string,
): Promise<Authenticator> {
  const app = authenticatorOf(services.totp.newSecret());
  await services.totp.add(accountId, app.secret, app.code());
  await database.database.query('update totp_secrets set last_used_step = 0 where account_id = $1', [
    accountId,
  ]);
  return app;
}
