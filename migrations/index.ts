// The list of migrations, in order. Names have no extension, so that sources and the compiled program agree.
// A migration never changes after a release, and the version before must run on the schema after.
import type { Knex } from 'knex';
import * as audit from './001_audit.ts';
import * as accounts from './002_accounts.ts';
import * as connectors from './003_connectors.ts';
import * as clients from './004_clients.ts';
import * as engine from './005_engine.ts';
import * as throttles from './006_throttles.ts';
import * as news from './007_news.ts';
import * as refreshReplays from './008_refresh_replays.ts';
import * as signingKeys from './009_signing_keys.ts';
import * as resources from './010_resources.ts';
import * as serviceTokens from './011_service_tokens.ts';
import * as growth from './012_growth.ts';
import * as seenIds from './013_seen_ids.ts';
import * as registration from './014_registration.ts';
import * as newsByHand from './016_news_by_hand.ts';
import * as linking from './018_linking.ts';
import * as presence from './019_presence.ts';
import * as mailedLinks from './020_mailed_links.ts';
import * as outbox from './021_outbox.ts';
import * as signInsUnderWay from './022_sign_ins_under_way.ts';
import * as secondFactors from './023_second_factors.ts';
import * as passkeys from './024_passkeys.ts';
import * as mails from './025_mails.ts';
import * as clientLogos from './026_client_logos.ts';
import * as personalTokens from './027_personal_tokens.ts';
import * as pollingSessions from './028_polling_sessions.ts';
import * as auditActor from './031_audit_actor.ts';

export interface Migration {
  up(knex: Knex): Promise<void>;
}

export const migrations: ReadonlyMap<string, Migration> = new Map([
  ['001_audit', audit],
  ['002_accounts', accounts],
  ['003_connectors', connectors],
  ['004_clients', clients],
  ['005_engine', engine],
  ['006_throttles', throttles],
  ['007_news', news],
  ['008_refresh_replays', refreshReplays],
  ['009_signing_keys', signingKeys],
  ['010_resources', resources],
  ['011_service_tokens', serviceTokens],
  ['012_growth', growth],
  ['013_seen_ids', seenIds],
  ['014_registration', registration],
  ['016_news_by_hand', newsByHand],
  ['018_linking', linking],
  ['019_presence', presence],
  ['020_mailed_links', mailedLinks],
  ['021_outbox', outbox],
  ['022_sign_ins_under_way', signInsUnderWay],
  ['023_second_factors', secondFactors],
  ['024_passkeys', passkeys],
  ['025_mails', mails],
  ['026_client_logos', clientLogos],
  ['027_personal_tokens', personalTokens],
  ['028_polling_sessions', pollingSessions],
  ['031_audit_actor', auditActor],
]);
