// Where a browser goes from here: to another page with GET (RFC 9110 §15.4.4), or, from the page of a refusal (errors.ts), to where
// the person can go on.
import type { Context, Middleware } from 'koa';

export function seeOther(ctx: Context, href: string): void {
  ctx.status = 303;
  ctx.redirect(href);
}

/** From here on a refusal leads there. */
export function setWayOn(ctx: Context, href: string): void {
  ctx.state['wayOn'] = href;
}

export function findWayOn(ctx: Context): string | undefined {
  return ctx.state['wayOn'] as string | undefined;
}

/** The same for a whole route. */
export function refusalsLeadTo(href: string): Middleware {
  return (ctx, next) => {
    setWayOn(ctx, href);
    return next();
  };
}
