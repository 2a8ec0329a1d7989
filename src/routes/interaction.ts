// /interaction/:uid: the engine sends a person here when it needs a sign-in or a consent, and gets them back when there
// is one. Steps never lead to each other: each returns to the engine, which alone decides what is next.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client, Interaction, InteractionResults } from 'oidc-provider';
import { EMAIL_MAX_LENGTH, type Account } from '../accounts/account.ts';
import { isAdministrative } from '../accounts/permissions.ts';
import { AppError, invalidRequest } from '../base/errors.ts';
import { pagesOf, showFor } from '../http/client-look.ts';
import { formOf, pathParameter } from '../http/input.ts';
import { clientNameFor, phrasesFor } from '../http/page.ts';
import { refusalOf, type Refusal } from '../http/refused-try.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { leadsToTerminal, returnPathOf } from '../http/signed-in.ts';
import { seeOther, setWayOn } from '../http/way-on.ts';
import { reaching } from '../oidc/admin-scope.ts';
import { acrsAskedBy } from '../oidc/authentication-context.ts';
import { CONSOLE_CLIENT_ID } from '../oidc/client.ts';
import { grantScopes } from '../oidc/consent.ts';
import { allScopesOf, askedBy, type Asked } from '../oidc/resource-indicators.ts';
import { SECOND_FACTOR_PROMPT } from '../oidc/interaction-policy.ts';
import { OFFLINE_PARAMETER } from '../oidc/scopes.ts';
import type { Services } from '../services.ts';
import type { Fault } from '../views.ts';
import { interactionLinkRoutes } from './interaction/link.ts';
import { passkeyRoutes } from './interaction/passkey.ts';
import { secondFactorRoutes } from './interaction/second-factor.ts';
import { interactionSignUpRoutes } from './interaction/sign-up.ts';

interface Step {
  interaction: Interaction;
  client: Client;
}

export function interactionRoutes(router: Router, services: Services): void {
  const {
    accountStore,
    audit,
    config,
    connectors,
    deviceCookie,
    formTokens,
    metrics,
    passkeyDoors,
    passwordSignIn,
    pendingLogins,
  } = services;
  const { linking, showPage, signIn, signInEnd } = services;
  const indicators = { issuer: config.issuer, findResource: services.findResource };

  /** The sign-in that this browser is in; throws the engine's SessionNotFound in any other browser. */
  async function stepOf(ctx: Context): Promise<Step> {
    const { provider } = services;
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    const uid = pathParameter(ctx, 'uid');
    if (interaction.uid !== uid) throw invalidRequest('This page belongs to another sign-in. Start again.');
    ctx.state['uiLocales'] = interaction.params['ui_locales'];
    const client = await provider.Client.find(String(interaction.params['client_id']));
    if (!client) throw invalidRequest('The application that sent you here is not registered any more.');
    showFor(ctx, client);
    // For the page of a refusal (http/errors.ts): the sign-in itself can still be continued.
    setWayOn(ctx, `/interaction/${uid}`);
    return { interaction, client };
  }

  /** The same, for a form of ours. */
  async function formStepOf(ctx: Context): Promise<Step & { form: Map<string, string> }> {
    const step = await stepOf(ctx);
    formTokens.check(ctx, step.interaction.uid);
    return { ...step, form: formOf(ctx) };
  }

  /** Hands the result to the engine. It is stored with everything else that this request changed. */
  async function resume(ctx: Context, result: InteractionResults): Promise<void> {
    const returnTo = await services.provider.interactionResult(ctx.req, ctx.res, result, {
      mergeWithLastSubmission: true,
    });
    seeOther(ctx, returnTo);
  }

  function showSignIn(ctx: Context, { interaction, client }: Step, login: string, fault?: Fault): void {
    const path = `/interaction/${interaction.uid}`;
    const isOurs = client.clientId === CONSOLE_CLIENT_ID;
    showPage(ctx, 'interaction/sign-in', {
      action: `${path}/login`,
      csrf: formTokens.of(interaction.uid),
      connectors: connectors.list().map(({ id, label }) => ({ id, label, action: `${path}/connect/${id}` })),
      ...passkeyDoors.formAt(`${path}/passkey`),
      login,
      device: isForAnotherDevice(interaction),
      passwordResetHref: '/reset-password',
      ...(services.signUp.isOpen && { signUpHref: `${path}/sign-up` }),
      ...(!isOurs && { clientName: clientNameFor(ctx, client), cancelAction: `${path}/abort` }),
      ...(fault && { fault }),
    });
  }

  /** What a client asks for, as far as it may be asked of this person. */
  async function askedOf(account: Account | undefined, { interaction, client }: Step): Promise<Asked> {
    const asked = await askedBy(client, interaction.params, indicators);
    return reaching(asked, account !== undefined && isAdministrative(account));
  }

  async function showConsent(ctx: Context, { interaction, client }: Step): Promise<void> {
    const account = await accountStore.find(interaction.session?.accountId ?? '');
    if (!account) throw invalidRequest('The account of this sign-in is gone. Start again.');
    const path = `/interaction/${interaction.uid}`;
    const redirect = URL.parse(String(interaction.params['redirect_uri']));
    const isNative = client.applicationType === 'native';
    const asked = await askedOf(account, { interaction, client });
    const scopes = new Set(allScopesOf(asked));
    // The engine takes it out, but it is part of what the person allows.
    if (interaction.params[OFFLINE_PARAMETER] !== undefined) scopes.add('offline_access');
    showPage(ctx, 'interaction/consent', {
      action: `${path}/consent`,
      csrf: formTokens.of(interaction.uid),
      clientName: clientNameFor(ctx, client),
      isNative,
      isThirdParty: client['first_party'] !== true,
      ...(redirect?.host && !isNative && { redirectHost: redirect.host }),
      person: { name: account.name, ...(account.email && { email: account.email }) },
      scopes: [...scopes].map((name) => ({ name })),
      ...pagesOf(client),
      resourceNames: asked.resources.map(({ name }) => name),
      switchAccountAction: `${path}/switch`,
    });
  }

  /** Why the person is back on the page: they said no at an upstream, or have to sign in to set up a second step. */
  function whyBack(ctx: Context): Fault | undefined {
    if (ctx.query['again'] !== undefined) return { message: phrasesFor(ctx).secondFactor.signInFirst };
    const connector = connectors.list().find(({ id }) => id === ctx.query['declined']);
    return connector && { message: phrasesFor(ctx).signInFaults.connectorDenied(connector.label) };
  }

  /** Whose password it is, or what to say instead. */
  async function tryPassword(ctx: Context, login: string, password: string): Promise<string | Refusal> {
    try {
      const account = await passwordSignIn.signIn({
        login,
        password,
        address: ctx.ip,
        device: deviceCookie.of(ctx),
      });
      if (account) return account.id;
      metrics.countSignIn('refused', 'pwd');
      return { status: 400, message: phrasesFor(ctx).signInFaults.wrongLoginOrPassword };
    } catch (error) {
      return refusalOf(ctx, error);
    }
  }

  const showStep: Middleware = async (ctx) => {
    const step = await stepOf(ctx);
    const { params, prompt, uid } = step.interaction;
    if (prompt.name === 'consent') return showConsent(ctx, step);
    const { declined, other } = ctx.query;
    const isSignIn = prompt.name !== SECOND_FACTOR_PROMPT || declined !== undefined || other !== undefined;
    if (!isSignIn) return seeOther(ctx, `/interaction/${uid}/second-factor`);
    showSignIn(ctx, step, String(params['login_hint'] ?? ''), whyBack(ctx));
  };

  const signInWithPassword: Middleware = async (ctx) => {
    const step = await formStepOf(ctx);
    const login = step.form.get('login')?.trim() ?? '';
    const password = step.form.get('password') ?? '';
    const t = phrasesFor(ctx).signInFaults;
    const refuse = (status: number, message: string, field?: string) => {
      showSignIn(ctx, step, login.slice(0, EMAIL_MAX_LENGTH), { message, ...(field && { field }) });
      ctx.status = status;
    };
    if (login === '') return refuse(400, t.loginEmpty, 'login');
    if (password === '') return refuse(400, t.passwordEmpty, 'password');
    const tried = await tryPassword(ctx, login, password);
    if (typeof tried === 'string')
      return signInEnd.arrive(ctx, step.interaction, { accountId: tried, amr: ['pwd'] });
    return refuse(tried.status, tried.message);
  };

  const startConnector: Middleware = async (ctx) => {
    const { interaction } = await formStepOf(ctx);
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const redirectTo = await pendingLogins.start(connector, interaction.uid);
    seeOther(ctx, redirectTo);
  };

  const finishConnector: Middleware = async (ctx) => {
    const step = await stepOf(ctx);
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const arrival = await pendingLogins.finish(connector, step.interaction.uid, ctx.query);
    if (arrival.outcome === 'declined') {
      seeOther(ctx, `/interaction/${step.interaction.uid}?declined=${connector.id}`);
      return;
    }
    try {
      const account = await signIn.withIdentity(connector.id, arrival.profile);
      return await signInEnd.arrive(ctx, step.interaction, { accountId: account.id, amr: [connector.id] });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'account_exists') throw error;
      const { uid, exp } = step.interaction;
      const expiresAt = new Date(exp * 1000);
      if (!(await linking.begin({ uid, expiresAt }, connector.id, arrival.profile))) throw error;
      seeOther(ctx, `/interaction/${uid}/link`);
    }
  };

  const decideConsent: Middleware = async (ctx) => {
    const { interaction, client, form } = await formStepOf(ctx);
    const accountId = interaction.session?.accountId;
    if (interaction.prompt.name !== 'consent' || !accountId)
      throw invalidRequest('There is nothing to decide here.');
    const asked = await askedOf(await accountStore.find(accountId), { interaction, client });
    const scope = allScopesOf(asked).join(' ');
    const subject = { accountId, clientId: client.clientId };
    if (form.get('decision') !== 'allow') {
      await audit.record('consent.denied', subject, { scope });
      return resume(ctx, { error: 'access_denied', error_description: 'the person refused' });
    }
    // Two machines must not share a grant: ending one would end the other. Two sign-ins of one browser at one web
    // client do: what is bound to a session stands on the one grant that the session has for the client.
    const isMachine = interaction.deviceCode !== undefined || client.applicationType === 'native';
    const { provider } = services;
    const session = isMachine ? undefined : await provider.Session.findByUid(interaction.session?.uid ?? '');
    const grant = await grantScopes(provider, {
      grantId: session?.grantIdFor(client.clientId),
      accountId,
      client,
      ...asked,
      ttl: config.ttl,
    });
    await audit.record('consent.granted', subject, { scope });
    return resume(ctx, { consent: { grantId: grant.jti } });
  };

  const switchAccount: Middleware = async (ctx) => {
    showSignIn(ctx, await formStepOf(ctx), '');
  };

  const abort: Middleware = async (ctx) => {
    const { interaction } = await formStepOf(ctx);
    // RFC 9470 §5: whoever goes back may just not have what was asked for.
    const isSurenessAsked = acrsAskedBy(interaction.params).length > 0;
    const error = isSurenessAsked ? 'unmet_authentication_requirements' : 'access_denied';
    await resume(ctx, { error, error_description: 'the person went back' });
  };

  const ownForm = sameOriginOnly(config.issuer);
  router.get('/interaction/:uid', showStep);
  router.post('/interaction/:uid/login', ownForm, signInWithPassword);
  router.post('/interaction/:uid/connect/:connector', ownForm, startConnector);
  router.get('/interaction/:uid/connect/:connector', finishConnector);
  const steps = { stepOf, tryPassword };
  interactionLinkRoutes(router, services, steps);
  interactionSignUpRoutes(router, services, steps);
  secondFactorRoutes(router, services, steps);
  passkeyRoutes(router, services, { stepOf, showSignIn });
  router.post('/interaction/:uid/consent', ownForm, decideConsent);
  router.post('/interaction/:uid/switch', ownForm, switchAccount);
  router.post('/interaction/:uid/abort', ownForm, abort);
}

/** By a device code, or on the way to the page of a terminal that waits (http/signed-in.ts). */
function isForAnotherDevice({ deviceCode, params }: Interaction): boolean {
  return (
    deviceCode !== undefined ||
    (params['client_id'] === CONSOLE_CLIENT_ID && leadsToTerminal(returnPathOf(params['state'])))
  );
}
