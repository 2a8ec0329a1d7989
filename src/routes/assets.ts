// GET /assets/…: styles, scripts and pictures of our pages. Their names carry a digest of what they hold.
import type { Router } from '@koa/router';
import { findAsset } from '../http/assets.ts';

export function assetRoutes(router: Router): void {
  router.get('/assets/:name', (ctx, next) => {
    const asset = findAsset(ctx.path);
    if (!asset) return next();
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.set('ETag', asset.etag);
    ctx.type = asset.contentType;
    ctx.body = asset.body;
    if (ctx.fresh) ctx.status = 304;
    return undefined;
  });
}
