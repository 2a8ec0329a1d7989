// The secret of a link that was mailed, once it has been opened: out of the address, where histories and the logs of
// proxies keep it, into a cookie that only the pages behind the link get.
import type { Context } from 'koa';

export class LinkCookie {
  readonly #name: string;
  readonly #path: string;

  /** `path`: the pages behind the link. */
  constructor(name: string, path: string) {
    this.#name = name;
    this.#path = path;
  }

  /** Keeps the secret of this request's `?token=` and sends the browser on to `next`, without it. */
  exchange(ctx: Context, lifeSeconds: number, next: string): void {
    ctx.cookies.set(this.#name, tokenOf(ctx), {
      path: this.#path,
      signed: false,
      httpOnly: true,
      // A mail is opened from elsewhere, so not "strict"; a form from elsewhere does not get it.
      sameSite: 'lax',
      maxAge: lifeSeconds * 1000,
    });
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.status = 303;
    ctx.redirect(next);
  }

  /** Empty when there is none. */
  read(ctx: Context): string {
    return ctx.cookies.get(this.#name, { signed: false }) ?? '';
  }

  forget(ctx: Context): void {
    ctx.cookies.set(this.#name, null, { path: this.#path, signed: false });
  }
}

/** Empty when there is none, or several. */
export function tokenOf(ctx: Context): string {
  const token = ctx.query['token'];
  return typeof token === 'string' ? token : '';
}
