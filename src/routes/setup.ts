// /setup: the page that makes the first administrator, once, for whoever has the link that the first start printed.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { ADMINISTRATOR_ROLE } from '../accounts/account.ts';
import { AppError } from '../base/errors.ts';
import { fieldFaultOf } from '../http/field-fault.ts';
import { formOf } from '../http/input.ts';
import { phrasesFor } from '../http/page.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { seeOther } from '../http/way-on.ts';
import type { Services } from '../services.ts';
import type { Fault } from '../views.ts';

interface Values {
  name: string;
  email: string;
  username: string;
}

export function setupRoutes(router: Router, { config, passwords, setup, showPage }: Services): void {
  const passwordMinLength = passwords.minLengthFor([ADMINISTRATOR_ROLE]);

  // The link's token is the only proof there is: it stays in the form, and Referrer-Policy keeps it there.
  function show(ctx: Context, token: string, values: Values, faults: readonly Fault[]): void {
    showPage(ctx, 'setup', { action: '/setup', csrf: token, values, faults, passwordMinLength });
  }

  router.get('/setup', async (ctx) => {
    const token = String(ctx.query['token'] ?? '');
    await setup.assertToken(token);
    show(ctx, token, { name: '', email: '', username: '' }, []);
  });

  router.post('/setup', sameOriginOnly(config.issuer), async (ctx) => {
    const form = formOf(ctx);
    const token = form.get('csrf') ?? '';
    const values = {
      name: form.get('name')?.trim() ?? '',
      email: form.get('email')?.trim() ?? '',
      username: form.get('username')?.trim() ?? '',
    };
    try {
      await setup.completeSetup(token, {
        ...values,
        username: values.username || undefined,
        password: form.get('password') ?? '',
      });
    } catch (error) {
      // A refusal that names no field ends the page: the link is used, or too old.
      if (!(error instanceof AppError) || error.field === undefined) throw error;
      show(ctx, token, values, [fieldFaultOf(error, phrasesFor(ctx), passwordMinLength)]);
      ctx.status = error.status;
      return;
    }
    seeOther(ctx, '/sign-in');
  });
}
