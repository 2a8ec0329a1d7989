// RFC 6749 §6, RFC 9700 §4.14.2. Wraps the engine's refresh grant. A refresh token works once, but the program that used it
// may not have got the answer: the network broke, a node died, two windows asked at once. So for a moment (the window)
// whoever sends the same request again gets the same answer again, byte for byte. The window closes when the new
// refresh token is used: then the answer has arrived, and whoever still sends the old one is not who it was given to.
// That, and whatever comes after the window, ends the whole grant; nothing else here does.
import { errors, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js';
import type { Audit } from '../../audit/audit.ts';
import { digest } from '../../base/crypto.ts';
import type { Database } from '../../base/database.ts';
import { AlreadyUsed } from '../adapter-rows.ts';
import type { CountTokenEvent } from '../listeners.ts';
import type { FoundReplay, RefreshReplayStore } from '../refresh-replay-store.ts';
import { scopesOf } from '../scopes.ts';
import type { GrantHandler } from './grant-handler.ts';

export interface RefreshTokenDependencies {
  audit: Audit;
  count: CountTokenEvent;
  database: Database;
  replays: RefreshReplayStore;
  /** 0: no refresh token is ever answered twice. */
  windowSeconds: (client: Client) => number;
}

/** One request to refresh. */
interface Attempt {
  ctx: KoaContextWithOIDC;
  client: Client;
  token: string;
}

/** `lost`: another request with the same token was faster, by a moment. */
type Outcome = 'issued' | 'lost' | { usedAtSeconds: number };

const GRANT_TYPE = 'refresh_token';
/** Enough of a digest to find what else is known of the same token. */
const FINGERPRINT_LENGTH = 8;

export function wrapRefreshToken(handler: GrantHandler, its: RefreshTokenDependencies): GrantHandler {
  const grant = new RefreshTokenGrant(handler, its);
  return (ctx) => {
    const { client, params } = ctx.oidc;
    const token = params?.refresh_token;
    return client && typeof token === 'string' ? grant.answer({ ctx, client, token }) : handler(ctx);
  };
}

class RefreshTokenGrant {
  readonly #handler: GrantHandler;
  readonly #its: RefreshTokenDependencies;

  constructor(handler: GrantHandler, dependencies: RefreshTokenDependencies) {
    this.#handler = handler;
    this.#its = dependencies;
  }

  async answer(attempt: Attempt): Promise<void> {
    const outcome = await this.#refresh(attempt);
    if (outcome === 'issued') return this.#its.count('issued', GRANT_TYPE);
    const replay = await this.#its.replays.find(attempt.token);
    if (replay) return this.#repeat(attempt, replay, outcome);
    // It was under way before the token was used: that is no reuse, whatever has happened since.
    if (outcome === 'lost') throw new AlreadyUsed();
    return this.#endGrant(attempt, outcome.usedAtSeconds);
  }

  /**
   * The end of the token, its successor, the answer for repeats and the audit are one statement. A refusal undoes all
   * of it: the engine uses the token up before it has looked at everything that was asked for.
   */
  async #refresh({ ctx, client, token }: Attempt): Promise<Outcome> {
    try {
      return await this.#its.database.apart(async () => {
        // The adapter remembers what it read, so that the engine's own look at the token costs nothing.
        const stored = await ctx.oidc.provider.RefreshToken.adapter.find(token);
        if (typeof stored?.consumed === 'number' && stored.clientId === client.clientId) {
          return { usedAtSeconds: stored.consumed };
        }
        await this.#handler(ctx);
        await this.#keep({ ctx, client, token });
        return 'issued';
      });
    } catch (error) {
      if (error instanceof AlreadyUsed) return 'lost';
      throw error;
    }
  }

  async #keep({ ctx, client, token }: Attempt): Promise<void> {
    const { replays, audit, windowSeconds } = this.#its;
    const { Account, AccessToken } = ctx.oidc.entities;
    const { refresh_token: successor } = ctx.body as { refresh_token: string };
    const seconds = windowSeconds(client);
    if (seconds > 0) {
      await replays.insert({
        token,
        successor,
        requestDigest: await digestOf(ctx),
        answer: JSON.stringify(ctx.body),
        expiresAt: new Date(Date.now() + seconds * 1000),
      });
    }
    await replays.deleteBefore(token);
    await audit.record(
      'token.issued',
      { accountId: Account?.accountId, clientId: client.clientId },
      { grant_type: GRANT_TYPE, scope: AccessToken?.scope ?? '' },
    );
  }

  /** Nothing here ends anything: a program that asks for something else, or too late, is told so and may sign in again. */
  async #repeat({ ctx, client, token }: Attempt, replay: FoundReplay, outcome: Outcome): Promise<void> {
    const { provider } = ctx.oidc;
    const requestDigest = await digestOf(ctx);
    // RFC 9449 §11.1. The engine has seen the proof of whoever lost the race.
    if (outcome !== 'lost') {
      const proof = await validateDpop(provider, ctx);
      await checkDpopReplay(provider, ctx, proof, client.clientId, errors.InvalidGrant);
    }
    if (!requestDigest.equals(replay.requestDigest)) {
      throw refusal(
        'This refresh token was used a moment ago, and asked for something else: send the same scope, resource and DPoP key again, or use the new refresh token.',
      );
    }
    if (!replay.isAlive) {
      throw refusal('What this refresh token gave has ended. The person has to sign in again.');
    }
    ctx.body = JSON.parse(replay.answer) as object;
    const lateSeconds = Math.max(0, Math.round((Date.now() - replay.usedAt.getTime()) / 1000));
    await this.#its.audit.record(
      'token.repeated',
      { accountId: replay.accountId, clientId: client.clientId },
      { grant_type: GRANT_TYPE, token: fingerprintOf(token), seconds_after_first_use: lateSeconds },
    );
    this.#its.count('repeated', GRANT_TYPE);
  }

  /** The engine checks who asks, ends the grant and refuses; here it is written down. */
  async #endGrant({ ctx, client, token }: Attempt, usedAtSeconds: number): Promise<void> {
    try {
      await this.#handler(ctx);
    } catch (error) {
      if (isReuse(error)) {
        await this.#its.audit.record(
          'grant.revoked',
          { accountId: ctx.oidc.entities.RefreshToken?.accountId, clientId: client.clientId },
          {
            reason: 'a refresh token was used again after its window had closed',
            token: fingerprintOf(token),
            seconds_after_first_use: Math.max(0, Math.floor(Date.now() / 1000) - usedAtSeconds),
          },
        );
      }
      throw error;
    }
  }
}

/** What makes two requests the same: everything that shapes the answer, beside the token and the client. */
async function digestOf(ctx: KoaContextWithOIDC): Promise<Buffer> {
  const { scope, resource, authorization_details: details } = ctx.oidc.params ?? {};
  const proof = await validateDpop(ctx.oidc.provider, ctx);
  const scopes = [...scopesOf(scope as string | undefined)].toSorted();
  const resources = [resource ?? []].flat().toSorted();
  return digest(JSON.stringify([scopes, resources, details ?? null, proof?.thumbprint ?? null]));
}

function fingerprintOf(token: string): string {
  return digest(token).toString('base64url').slice(0, FINGERPRINT_LENGTH);
}

function refusal(sentence: string): Error {
  return new errors.CustomOIDCProviderError('invalid_grant', sentence);
}

function isReuse(error: unknown): boolean {
  return error instanceof errors.InvalidGrant && error.error_detail === 'refresh token already used';
}
