// /api/admin/v1/invitations: links with which people make their account themselves. The rules are in accounts/sign-up.ts.
import { z } from 'zod';
import { operation } from '../../../http/operation.ts';
import { languages } from '../../../phrases.ts';

const DAY_SECONDS = 86_400;

export const invitationOperations = {
  inviteUser: operation({
    method: 'post',
    path: '/invitations',
    summary: 'Sends somebody a link with which they make their account. Whoever has the link can make it.',
    permission: 'admin',
    input: z.strictObject({
      email: z.string(),
      expires_in_seconds: z
        .int()
        .min(1)
        .max(30 * DAY_SECONDS)
        .default(7 * DAY_SECONDS),
      language: z.enum(languages).default('en').describe('Of the mail.'),
    }),
    answer: z.strictObject({ email: z.string(), link: z.url(), expires_at: z.iso.datetime() }),
    status: 201,
    async run({ signUp }, { email, expires_in_seconds: lifeSeconds, language: locale }) {
      const { link, expiresAt } = await signUp.invite(email, { lifeSeconds, locale });
      return { email, link, expires_at: expiresAt.toISOString() };
    },
  }),
};
