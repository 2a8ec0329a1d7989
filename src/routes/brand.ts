// GET /brand/:color.:digest.css: the colour of a client on our pages. It says nothing about any client: it follows from the address.
import type { Router } from '@koa/router';
import { findBrandStyle } from '../http/client-look.ts';

export function brandRoutes(router: Router): void {
  router.get('/brand/:digits.:digest.css', (ctx, next) => {
    const style = findBrandStyle(String(ctx.params['digits']), String(ctx.params['digest']));
    if (style === undefined) return next();
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.type = 'css';
    ctx.body = style;
    return undefined;
  });
}
