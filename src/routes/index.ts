// The table of contents: every URL that we answer ourselves. The protocol endpoints under /oauth, /device and
// /.well-known are the engine's; GET /api/verify is answered ahead of Koa (tokens/verify-listener.ts).
import { Router } from '@koa/router';
import type { Services } from '../services.ts';
import { accountRoutes } from './account.ts';
import { accountEmailRoutes } from './account/email.ts';
import { accountPasswordRoutes } from './account/password.ts';
import { dataRoutes } from './account/data.ts';
import { historyRoutes } from './account/history.ts';
import { passkeysRoutes } from './account/passkeys.ts';
import { programsRoutes } from './account/programs.ts';
import { sessionsRoutes } from './account/sessions.ts';
import { signInMethodsRoutes } from './account/sign-in-methods.ts';
import { userRoutes } from './api/user.ts';
import { usersRoutes } from './api/users.ts';
import { verifyRoutes } from './api/verify.ts';
import { assetRoutes } from './assets.ts';
import { brandRoutes } from './brand.ts';
import { clientLogoRoutes } from './client-logos.ts';
import { connectRoutes } from './connect.ts';
import { healthRoutes } from './health.ts';
import { homeRoutes } from './home.ts';
import { interactionRoutes } from './interaction.ts';
import { logoutRoutes } from './oauth/logout.ts';
import { registerRoutes } from './oauth/register.ts';
import { protectedResourceRoutes } from './protected-resource.ts';
import { resetPasswordRoutes } from './reset-password.ts';
import { setupRoutes } from './setup.ts';
import { signUpRoutes } from './sign-up.ts';

export function createRouter(services: Services): Router {
  const router = new Router();
  homeRoutes(router, services);
  accountRoutes(router, services);
  accountEmailRoutes(router, services);
  accountPasswordRoutes(router, services);
  sessionsRoutes(router, services);
  programsRoutes(router, services);
  historyRoutes(router, services);
  signInMethodsRoutes(router, services);
  passkeysRoutes(router, services);
  dataRoutes(router, services);
  setupRoutes(router, services);
  interactionRoutes(router, services);
  signUpRoutes(router, services);
  connectRoutes(router, services);
  resetPasswordRoutes(router, services);
  userRoutes(router, services);
  usersRoutes(router, services);
  verifyRoutes(router);
  logoutRoutes(router, services);
  registerRoutes(router, services);
  protectedResourceRoutes(router, services);
  healthRoutes(router, services);
  assetRoutes(router);
  brandRoutes(router);
  clientLogoRoutes(router, services);
  return router;
}
