// GET /healthz (the process lives), /readyz (it can do its work: database, migrations, keys), /metrics (Prometheus).
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { isLoopback } from '../base/addresses.ts';
import { isSameText } from '../base/crypto.ts';
import { forbidden } from '../base/errors.ts';
import type { Services } from '../services.ts';
import { bearerOf } from '../tokens/bearer.ts';

export function healthRoutes(router: Router, services: Services): void {
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });

  router.get('/readyz', async (ctx) => {
    const checks = await services.readiness.check();
    const isReady = Object.values(checks).every((outcome) => outcome === 'ok');
    if (!isReady) ctx.set('Retry-After', '2');
    ctx.status = isReady ? 200 : 503;
    ctx.body = { status: isReady ? 'ok' : 'unavailable', checks };
  });

  router.get('/metrics', async (ctx) => {
    refuseStrangers(ctx, services.config.metricsToken);
    ctx.type = services.metrics.contentType;
    ctx.body = await services.metrics.print();
  });
}

/** METRICS_TOKEN, or without one only who sits on this very machine and came straight to us. */
function refuseStrangers(ctx: Context, token: string | undefined): void {
  const isAllowed =
    token === undefined
      ? isLoopback(ctx.req.socket.remoteAddress?.replace('::ffff:', '') ?? '') &&
        ctx.get('x-forwarded-for') === ''
      : isSameText(bearerOf(ctx.req) ?? '', token);
  if (!isAllowed)
    throw forbidden(
      'access_denied',
      'Metrics need METRICS_TOKEN as a bearer, or a request from this machine.',
    );
}
