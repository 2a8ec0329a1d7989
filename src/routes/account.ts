// /account: who a person is here, for the person: what services see, and what can be changed.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { AccountChanges } from '../accounts/administration.ts';
import type { Account } from '../accounts/account.ts';
import type { AppError } from '../base/errors.ts';
import { accountDoors, noticeOf, showDone } from '../http/account-pages.ts';
import { fieldFaultOf } from '../http/field-fault.ts';
import { formOf } from '../http/input.ts';
import { forgetLanguageChoice, phrasesFor } from '../http/page.ts';
import { signedInAs } from '../http/signed-in.ts';
import { languageNames } from '../phrases.ts';
import type { Services } from '../services.ts';
import type { ProfilePage } from '../views-account.ts';
import type { Fault } from '../views.ts';

const PATH = '/account';

type Values = ProfilePage['values'];

export function accountRoutes(router: Router, services: Services): void {
  const { administration, showPage } = services;
  const { page, form } = accountDoors(services);

  function show(ctx: Context, values: Values, faults: readonly Fault[]): void {
    const { account, csrf } = signedInAs(ctx);
    showPage(ctx, 'account', {
      action: PATH,
      csrf,
      values,
      faults,
      languages: languagesFor(account),
      seen: {
        id: account.id,
        roles: account.roles,
        tier: account.tier,
        emailVerified: account.emailVerified,
        ...(account.email && { email: account.email }),
        ...(account.picture && { picture: account.picture }),
      },
      ...noticeOf(ctx),
    });
  }

  router.get(PATH, ...page, (ctx: Context) => {
    show(ctx, valuesOf(signedInAs(ctx).account), []);
  });

  router.post(PATH, ...form, async (ctx: Context) => {
    const { account } = signedInAs(ctx);
    const values = valuesIn(formOf(ctx));
    const fault = faultIn(ctx, account, values);
    if (fault) return refuse(ctx, values, fault, 400);
    const changes = changesOf(account, values);
    try {
      if (Object.keys(changes).length > 0) await administration.update(account.id, changes);
    } catch (error) {
      return refuse(ctx, values, fieldFaultOf(error, phrasesFor(ctx)), (error as AppError).status);
    }
    if (changes.locale !== undefined) forgetLanguageChoice(ctx);
    showDone(ctx, PATH, 'saved');
  });

  function refuse(ctx: Context, values: Values, fault: Fault, status: number): void {
    show(ctx, values, [fault]);
    ctx.status = status;
  }
}

/** Ours, and one that an upstream told us of, as long as the person keeps it. */
function languagesFor({ locale }: Account): { value: string; label: string }[] {
  const ours = Object.entries(languageNames).map(([value, label]) => ({ value, label }));
  const isForeign = locale !== undefined && !Object.hasOwn(languageNames, locale);
  return isForeign ? [...ours, { value: locale, label: locale }] : ours;
}

function valuesOf(account: Account): Values {
  const { name, username = '', locale = '' } = account;
  return { name, username, locale, removePicture: false };
}

function valuesIn(form: Map<string, string>): Values {
  const text = (field: string) => (form.get(field) ?? '').replaceAll(/\p{C}+/gu, ' ').trim();
  return {
    name: text('name'),
    username: text('username'),
    locale: text('locale'),
    removePicture: form.get('remove_picture') === 'yes',
  };
}

/** What only this form has to refuse; the rules of accounts/account.ts do the rest. */
function faultIn(ctx: Context, account: Account, { username, locale }: Values): Fault | undefined {
  const t = phrasesFor(ctx).account.profile;
  if (username === '' && account.username !== undefined) {
    return { field: 'username', message: t.usernameKept };
  }
  const isKnown = locale === '' || languagesFor(account).some(({ value }) => value === locale);
  return isKnown ? undefined : { field: 'locale', message: t.languageUnknown };
}

/** What is different from before, and nothing else: it is written down what was changed. */
function changesOf(account: Account, values: Values): AccountChanges {
  const { name, username, locale, removePicture } = values;
  return {
    ...(name !== account.name && { name }),
    ...(username !== (account.username ?? '') && { username }),
    ...(locale !== (account.locale ?? '') && { locale: locale || null }),
    ...(removePicture && account.picture !== undefined && { picture: null }),
  };
}
