// The process: read the settings, build, listen, start the jobs, drain on SIGTERM. Order at the end: readiness falls,
// running requests finish, then everything lets go; at most 25 s. With WORKERS the listening is done by workers.ts.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { giveMemoryBackWhenIdle } from './base/idle-memory.ts';
import { createLogger, type Logger } from './base/log.ts';
import { addressKey } from './base/throttle.ts';
import { ensureBuiltIn } from './built-in.ts';
import { cores, readConfig, type Config } from './config.ts';
import { isCostlyMessage } from './http/auth-messages.ts';
import { addressReader } from './http/context.ts';
import { inLine } from './http/line.ts';
import { openProcess } from './process.ts';
import { createShortWaysOf } from './routes/short-ways.ts';
import { createServices, type Services } from './services.ts';
import { isWorker, joinWorkers, waitForPrimary, Workers } from './workers.ts';

/** How long a request may take to send its headers and all of itself, and how large the headers may be (431). */
export const REQUEST_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};
/** Longer than the idle time of the usual load balancers, so that it is never us who hang up. */
const KEEP_ALIVE_MS = 65_000;
/** A load balancer asks every second or two: long enough to be seen as not ready. */
const NOTICE_MS = 2_000;
const DRAIN_LIMIT_MS = 25_000;
/** What load balancers and monitors ask every few seconds. */
const PROBES = /^\/(healthz|readyz|metrics)$/;
/** Where a password is compared, or chosen, however Koa is asked for it: with a host in front, or what it drops behind. */
const PASSWORD_FORMS =
  /\/(interaction\/[^/]+\/(login|link)|sign-up|reset-password\/new|account\/password|setup|api\/auth\/(login|reset-password))\/?([?#]|$)/i;
/** Where it depends on the message. */
const PASSWORD_MESSAGES = /\/api\/auth\/?([?#]|$)/i;
/**
 * As many as can be hashed, and a few that ask and tell the database meanwhile, so that what hashes is never without work;
 * behind them ten seconds of sign-ins.
 */
const PASSWORDS = {
  mayBeCostly: ({ method, url = '' }: IncomingMessage) =>
    method === 'POST' && (PASSWORD_FORMS.test(url) || PASSWORD_MESSAGES.test(url)),
  isCostly: ({ url = '' }: IncomingMessage, body: Buffer) =>
    !PASSWORD_MESSAGES.test(url) || isCostlyMessage(body),
  limit: cores + 3,
  lineLimit: 300,
};
/** Of a primary that only runs jobs, and of each worker at least. */
const PRIMARY_CONNECTIONS = 4;
const LEAST_CONNECTIONS = 3;

/** Runs until a signal ends it. Throws ConfigError for wrong settings. */
export async function start(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  const config = readConfig(environment);
  const log = createLogger(config.logLevel, config.isTerminal);
  await (isWorker ? startWorker(config, log) : startNode(config, log));
}

/** The whole server with WORKERS=1; else what there is once: migrations, built-in rows, the first administrator, jobs. */
async function startNode(config: Config, log: Logger): Promise<void> {
  const workers = config.workers > 1 ? new Workers(config.workers, log) : undefined;
  const foundations = await openProcess(config, log, workers && { maxConnections: PRIMARY_CONNECTIONS });
  const services = await createServices(foundations);
  await ensureBuiltIn(services);
  await services.news.start();
  const door = workers ? await openDoors(workers, services) : await openDoor(services);
  services.jobs.start();
  // After listening: a start that fails must not end the link that another server has printed.
  const { setupToken } = await services.setup.ensureFirstAdministrator(config.firstAdministrator);
  if (setupToken) {
    // The one secret that is printed: it makes the first administrator, once, and only whoever reads this has it.
    process.stdout.write(`\n  First administrator: open ${config.issuer}/setup?token=${setupToken}\n\n`);
  }
  endOnSignal(door, services, () => foundations.close());
  log.info({ issuer: config.issuer }, `Portaria is ready at ${config.issuer}`);
}

/** One of several: it answers requests, and everything else is the primary's. */
async function startWorker(config: Config, log: Logger): Promise<void> {
  const share = Math.floor(config.databaseConnections / config.workers);
  const maxConnections = Math.max(share, LEAST_CONNECTIONS);
  await waitForPrimary();
  const foundations = await openProcess(config, log, { migrates: false, maxConnections });
  const services = await createServices(foundations);
  await services.news.start();
  const door = await openDoor(services);
  services.jobs.start('everywhere');
  const end = endOnSignal(door, services, () => foundations.close());
  joinWorkers(services.metrics, () => end('SIGINT'));
}

/** Where requests come in. */
interface Door {
  /** No new ones; resolves when those that run are answered. */
  close(signal: NodeJS.Signals): Promise<void>;
  /** When that takes too long. */
  slam(): void;
}

async function openDoor(services: Services): Promise<Door> {
  const server = createPortariaServer(services);
  await listen(server, services.config);
  giveMemoryBackWhenIdle(server, { isProbe: ({ url = '' }) => PROBES.test(url) });
  return {
    async close(signal) {
      // A person at a terminal does not wait for load balancers.
      if (signal === 'SIGTERM') await sleep(NOTICE_MS);
      services.authSockets.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
    },
    slam: () => server.closeAllConnections(),
  };
}

async function openDoors(workers: Workers, { config, metrics }: Services): Promise<Door> {
  // Tried here, where it is one fault and not one of each worker.
  const trial = createServer();
  await listen(trial, config);
  await new Promise((resolve) => trial.close(resolve));
  await workers.open(metrics);
  return { close: (signal) => workers.end(signal), slam: () => workers.kill() };
}

/** The server without its port: GET /api/verify, terminals that wait and the short ways ahead of Koa, everything else through it. */
export function createPortariaServer(services: Services, limits = REQUEST_LIMITS): Server {
  const { authSockets, pollListener, readiness, verifyListener } = services;
  const addressOf = addressReader(services.config.trustedProxies);
  const senderOf = (request: IncomingMessage) => addressKey(addressOf(request));
  const application = inLine({ ...PASSWORDS, senderOf }, createApp(services).callback());
  const handle = createShortWaysOf(services, application);
  const shouldUpgradeCallback = (request: IncomingMessage) => authSockets.isFor(request);
  const options = { ...limits, keepAliveTimeout: KEEP_ALIVE_MS, shouldUpgradeCallback };
  const server = createServer(options, (request, response) => {
    if (readiness.isDraining) response.setHeader('Connection', 'close');
    if (verifyListener(request, response)) return;
    if (!pollListener(request, response, () => handle(request, response))) handle(request, response);
  });
  authSockets.attach(server);
  return server;
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
}

/** Also gives back the way to end it without a signal. */
function endOnSignal(
  door: Door,
  services: Services,
  close: () => Promise<void>,
): (signal: NodeJS.Signals) => void {
  const { log } = services;
  const level = isWorker ? 'debug' : 'info';
  let isEnding = false;
  const finish = async (signal: NodeJS.Signals) => {
    log[level]({ signal }, 'draining: no longer ready, running requests finish');
    const limit = setTimeout(() => {
      door.slam();
      process.exit(1);
    }, DRAIN_LIMIT_MS);
    services.readiness.drain();
    services.jobs.stop();
    await door.close(signal);
    await services.close();
    await close();
    clearTimeout(limit);
    log[level]('stopped');
    process.exit(0);
  };
  const end = (signal: NodeJS.Signals) => {
    if (isEnding) return;
    isEnding = true;
    void finish(signal);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  return end;
}
