// /account/sign-in-methods: the ways in to one's own account. Another one is added by going there and coming back to this session;
// both adding and taking away want a recent sign-in, since a way in is all that somebody at a forgotten screen would need.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { notThisSignIn } from '../../connectors/pending-logins.ts';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { formOf, pathParameter } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { signedInAs, signInHref, type SignedIn } from '../../http/signed-in.ts';
import { seeOther, setWayOn } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';

const PATH = '/account/sign-in-methods';

export function signInMethodsRoutes(router: Router, services: Services): void {
  const { connectors, pendingLogins, showPage, signedInPeople, signInMethods } = services;
  const { page, form } = accountDoors(services);

  async function show(ctx: Context, person: SignedIn, fault?: string): Promise<void> {
    const { hasPassword, identities, passkeys } = await signInMethods.list(person.account.id);
    const living = new Map(connectors.list().map(({ id, label }) => [id, label]));
    const isLinked = (id: string) => identities.some(({ connectorId }) => connectorId === id);
    showPage(ctx, 'account/sign-in-methods', {
      csrf: person.csrf,
      hasPassword,
      passkeys: passkeys.length,
      linked: identities.map(({ key, connectorId, email, username, createdAt, lastUsedAt, isLast }) => ({
        key,
        id: connectorId,
        label: living.get(connectorId) ?? connectorId,
        as: username ?? email,
        linkedAt: createdAt,
        lastUsedAt,
        isLast,
      })),
      unlinkAction: `${PATH}/unlink`,
      connectors: [...living]
        .filter(([id]) => !isLinked(id))
        .map(([id, label]) => ({ id, label, action: `${PATH}/connect/${id}` })),
      ...(!person.isRecent && { signInAgainHref: signInHref(PATH, true) }),
      ...noticeOf(ctx),
      ...(fault && { fault }),
    });
  }

  async function refuse(ctx: Context, status: number, fault: string, person: SignedIn): Promise<void> {
    await show(ctx, person, fault);
    ctx.status = status;
  }

  const unlink: Middleware = async (ctx) => {
    const person = signedInAs(ctx);
    const { faults } = phrasesFor(ctx).account.signInMethods;
    const outcome = await signInMethods.unlink(person.account.id, formOf(ctx).get('identity') ?? '');
    if (outcome === 'last') return refuse(ctx, 409, faults.last, person);
    if (outcome === 'missing') return refuse(ctx, 404, faults.missing, person);
    showDone(ctx, PATH, 'unlinked');
  };

  const startConnector: Middleware = async (ctx) => {
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const redirectTo = await pendingLogins.start(
      connector,
      holderOf(signedInAs(ctx)),
      `${PATH}/connect/${connector.id}`,
    );
    seeOther(ctx, redirectTo);
  };

  const finishConnector: Middleware = async (ctx) => {
    setWayOn(ctx, PATH);
    // What came with the person is of no use after a sign-in: nobody is sent to one from here.
    const person = await signedInPeople.find(ctx);
    if (!person) throw notThisSignIn();
    ctx.state['uiLocales'] ??= person.account.locale;
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const arrival = await pendingLogins.finish(connector, holderOf(person), ctx.query);
    const t = phrasesFor(ctx);
    if (arrival.outcome === 'declined')
      return show(ctx, person, t.account.signInMethods.faults.declined(connector.label));
    const { account, sessionUid } = person;
    const outcome = await signInMethods.link(account.id, connector.id, arrival.profile, sessionUid);
    if (outcome === 'over') throw notThisSignIn();
    if (outcome === 'taken')
      return refuse(ctx, 409, t.account.signInMethods.faults.taken(connector.label), person);
    showDone(ctx, PATH, 'linked');
  };

  const { recently } = signedInPeople;
  router.get(PATH, ...page, (ctx: Context) => show(ctx, signedInAs(ctx)));
  router.post(`${PATH}/unlink`, ...form, recently, unlink);
  router.post(`${PATH}/connect/:connector`, ...form, recently, startConnector);
  router.get(`${PATH}/connect/:connector`, finishConnector);
}

/** Who may come back: this person in this browser session. */
function holderOf({ account, sessionUid }: SignedIn): string {
  return `account:${account.id}:${sessionUid}`;
}
