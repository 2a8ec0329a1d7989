// The only clock loop: what runs again and again, how often, and that only one process at a time does what is done for all.
import type { OneTimeTokenStore } from './accounts/one-time-token-store.ts';
import type { Linking } from './accounts/linking.ts';
import type { Passkeys } from './accounts/passkeys.ts';
import type { AuditStore } from './audit/audit-store.ts';
import type { Database } from './base/database.ts';
import type { Logger } from './base/log.ts';
import { sweep, type DeleteBatch } from './base/sweep.ts';
import { deleteExpiredCounts } from './base/throttle.ts';
import type { Config } from './config.ts';
import type { PendingLogins } from './connectors/pending-logins.ts';
import type { AuthSockets } from './http/auth-sockets.ts';
import type { ClientStore } from './oidc/client-store.ts';
import type { EngineStore } from './oidc/engine-store.ts';
import type { Engine } from './oidc/engine.ts';
import type { Keys } from './oidc/keys.ts';
import { longestLifeSeconds } from './oidc/lifetimes.ts';
import type { RefreshReplayStore } from './oidc/refresh-replay-store.ts';
import type { Registration } from './oidc/registration.ts';
import type { ResourceStore } from './oidc/resource-store.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { PollingSessionStore } from './polling/polling-session-store.ts';
import type { PersonalTokenUses } from './tokens/personal-token-uses.ts';
import type { PersonalTokens } from './tokens/personal-tokens.ts';

export interface Job {
  name: string;
  intervalSeconds: number;
  run: () => Promise<void>;
  /** In every process, at the same time as in others. */
  everywhere?: boolean;
}

/** First key of the advisory locks of jobs; the second is the job's place in the list. */
const JOB_LOCKS = 767827;

export class Jobs {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #jobs: readonly Job[];
  readonly #timers: NodeJS.Timeout[] = [];
  /** One after another: each holds a connection beside the one that it works with, and the pool may be small. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database, log: Logger, jobs: readonly Job[]) {
    this.#database = database;
    this.#log = log;
    this.#jobs = jobs;
  }

  /** 'everywhere': where another process of this node does the rest. */
  start(which: 'all' | 'everywhere' = 'all'): void {
    for (const [index, job] of this.#jobs.entries()) {
      if (which === 'everywhere' && !job.everywhere) continue;
      const timer = setInterval(() => void this.#run(job, index), job.intervalSeconds * 1000);
      this.#timers.push(timer.unref());
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #run(job: Job, index: number): Promise<void> {
    try {
      if (job.everywhere) await job.run();
      else await this.#inTurn(() => this.#database.tryLocked(JOB_LOCKS, index, job.run));
    } catch (error) {
      this.#log.warn({ err: error, job: job.name }, 'a job failed; it runs again');
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Those who have something to do again and again. */
export interface JobInputs {
  authSockets: AuthSockets;
  auditStore: AuditStore;
  clientStore: ClientStore;
  config: Config;
  database: Database;
  engine: Engine;
  engineStore: EngineStore;
  keys: Keys;
  linking: Linking;
  oneTimeTokens: OneTimeTokenStore;
  outbox: Outbox;
  passkeys: Passkeys;
  pendingLogins: PendingLogins;
  personalTokens: PersonalTokens;
  personalTokenUses: PersonalTokenUses;
  pollingSessionStore: PollingSessionStore;
  refreshReplays: RefreshReplayStore;
  registration: Registration;
  resourceStore: ResourceStore;
}

/** Every job there is. A new one goes to the end: an older version beside us takes its locks by these places. */
export function listJobs(inputs: JobInputs): Job[] {
  const { clientStore, config, engine, keys, outbox, refreshReplays, registration, resourceStore } = inputs;
  const { personalTokens, personalTokenUses } = inputs;
  return [
    { name: 'sweep', intervalSeconds: 60, run: () => sweep(listSweeping(inputs)) },
    {
      name: 'sweep-refresh-replays',
      intervalSeconds: 10,
      run: () => sweep([() => refreshReplays.deleteExpired()]),
    },
    // For the case that the news of them does not come.
    {
      name: 'reload-keys',
      intervalSeconds: 5,
      everywhere: true,
      run: async () => void (await engine.reload()),
    },
    { name: 'rotate-keys', intervalSeconds: 60, run: () => keys.rotateDue(config.keyRotationSeconds) },
    {
      name: 'delete-retired-keys',
      intervalSeconds: 3_600,
      run: async () => keys.deleteRetired(await longestLifeSeconds(config.ttl, [clientStore, resourceStore])),
    },
    { name: 'sweep-unused-clients', intervalSeconds: 3_600, run: () => registration.sweep() },
    // What did not arrive and is due again, and what whoever was killed had in hand.
    { name: 'outbox', intervalSeconds: 5, everywhere: true, run: async () => outbox.wake() },
    // What each process has seen itself.
    {
      name: 'note-token-uses',
      intervalSeconds: 60,
      everywhere: true,
      run: () => personalTokenUses.write(),
    },
    { name: 'warn-of-token-ends', intervalSeconds: 600, run: () => personalTokens.warnOfEnds() },
    { name: 'sweep-sockets', intervalSeconds: 30, everywhere: true, run: () => inputs.authSockets.sweep() },
  ];
}

type Sweepers = Pick<
  JobInputs,
  | 'auditStore'
  | 'config'
  | 'database'
  | 'engineStore'
  | 'linking'
  | 'oneTimeTokens'
  | 'outbox'
  | 'passkeys'
  | 'pendingLogins'
  | 'pollingSessionStore'
>;

/** What is deleted once its time is over, but for what has to be gone sooner. */
export function listSweeping(sweepers: Sweepers): DeleteBatch[] {
  const {
    auditStore,
    config,
    database,
    engineStore,
    linking,
    oneTimeTokens,
    outbox,
    passkeys,
    pendingLogins,
    pollingSessionStore,
  } = sweepers;
  return [
    ...engineStore.expired,
    () => engineStore.deleteRemains(),
    () => oneTimeTokens.deleteExpired(new Date(Date.now())),
    ...outbox.sweeping,
    () => pendingLogins.deleteExpired(),
    () => pollingSessionStore.deleteExpired(),
    () => passkeys.deleteExpired(),
    () => linking.deleteExpired(),
    () => deleteExpiredCounts(database),
    () => auditStore.deleteBefore(new Date(Date.now() - config.auditRetentionSeconds * 1000)),
  ];
}
