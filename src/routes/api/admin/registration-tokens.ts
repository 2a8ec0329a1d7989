// /api/admin/v1/registration-tokens: initial access tokens, with which programs register themselves (RFC 7591 §1.2).
import { z } from 'zod';
import { operation } from '../../../http/operation.ts';

const DAY_SECONDS = 86_400;

export const registrationTokenOperations = {
  createRegistrationToken: operation({
    method: 'post',
    path: '/registration-tokens',
    summary:
      'Makes an initial access token, in this answer and in no other. One program registers itself with it, once.',
    permission: 'admin',
    input: z.strictObject({
      expires_in_seconds: z
        .int()
        .min(1)
        .max(365 * DAY_SECONDS)
        .default(7 * DAY_SECONDS),
    }),
    answer: z.strictObject({
      initial_access_token: z.string(),
      expires_at: z.iso.datetime(),
      registration_endpoint: z.url(),
      registration: z
        .enum(['off', 'token', 'open'])
        .describe('The setting of the server: it is of use with "token".'),
    }),
    status: 201,
    async run({ config, registration }, { expires_in_seconds: seconds }) {
      const { token, expiresAt } = await registration.makeToken(seconds);
      return {
        initial_access_token: token,
        expires_at: expiresAt.toISOString(),
        registration_endpoint: `${config.issuer}/oauth/register`,
        registration: config.registration,
      };
    },
  }),
};
