// GET /client-logos/:digest: the picture of a client. It is somebody's file: a browser takes it for a picture of the kind that its
// first bytes said it is, or for nothing.
import type { Router } from '@koa/router';
import type { Services } from '../services.ts';

export function clientLogoRoutes(router: Router, { clientLogos }: Services): void {
  router.get('/client-logos/:digest', async (ctx, next) => {
    const digest = String(ctx.params['digest']);
    const logo = /^[0-9a-f]{64}$/.test(digest) ? await clientLogos.find(digest) : undefined;
    if (!logo) return next();
    ctx.set({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    ctx.type = logo.contentType;
    ctx.body = logo.body;
    return undefined;
  });
}
