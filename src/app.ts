// The application on one screen: middleware in the order a request meets it, our routes, the engine last. It never
// listens. Reading from the top: who asks, how errors leave, what the answer carries, what is read, what is kept.
import Koa from 'koa';
import { refuseOtherMethods } from './http/allowed-methods.ts';
import { answerAuthMessages } from './http/auth-messages.ts';
import { prepareAuthorizationRequest } from './http/authorization-request.ts';
import { showContinuePages } from './http/continue-page.ts';
import { identifyRequest, pinAddress, pinOrigin, spellPaths } from './http/context.ts';
import { limitDeviceCodes } from './http/device-code-limit.ts';
import { askEngine, ENGINE_METHODS } from './http/engine.ts';
import { answerErrors, hasFailed } from './http/errors.ts';
import { readBody, refuseUnstorableQuery } from './http/input.ts';
import { mendOauthForm } from './http/oauth-form.ts';
import { logRequests } from './http/request-log.ts';
import { securityHeaders } from './http/security-headers.ts';
import { limitUserCodes } from './http/user-code-limit.ts';
import { ROUTES } from './oidc/configuration.ts';
import { METHODS_AHEAD, VERIFY_PATH } from './routes/api/verify.ts';
import { createRouter } from './routes/index.ts';
import type { Services } from './services.ts';

export function createApp(services: Services): Koa {
  const { audit, config, database, log, metrics, showPage } = services;
  const app = new Koa();
  app.keys = [...services.cookieKeys];
  app.silent = true;
  pinOrigin(app, config.issuer);
  pinAddress(app, config.trustedProxies);

  app.use(identifyRequest(audit));
  app.use(logRequests(log, metrics));
  app.use(securityHeaders(config.issuer));
  app.use(answerAuthMessages());
  app.use(answerErrors(log, audit, showPage));
  app.use(spellPaths([...Object.values(ROUTES), VERIFY_PATH]));
  app.use(refuseUnstorableQuery());
  app.use(readBody());
  app.use(mendOauthForm());
  // Everything that a request changes is kept together, or, when it fails on our side, not at all.
  app.use((ctx, next) => database.gather(next, () => !hasFailed(ctx)));
  app.use(showContinuePages(showPage));
  app.use(prepareAuthorizationRequest(services.findDefaultScope));
  const findAccountId = async (ctx: Koa.Context) => (await services.signedInPeople.find(ctx))?.account.id;
  app.use(limitUserCodes(services.userCodeLimit, services.provider.cookieName('session'), findAccountId));
  app.use(limitDeviceCodes(services.deviceCodes, config.issuer));
  app.use(refuseOtherMethods({ ...ENGINE_METHODS, ...METHODS_AHEAD }));
  app.use(createRouter(services).routes());
  app.use(askEngine(services));
  return app;
}
