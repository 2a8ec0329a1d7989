// The process: read the settings, build, listen, start the jobs, drain on SIGTERM. Order at the end: readiness falls,
// running requests finish, then everything lets go; at most 25 s.
import { createServer, type Server } from 'node:http';
import { createApp } from './app.ts';
import { giveMemoryBackWhenIdle } from './base/idle-memory.ts';
import { createLogger } from './base/log.ts';
import { ensureBuiltIn } from './built-in.ts';
import { readConfig, type Config } from './config.ts';
import { openProcess } from './process.ts';
import { createShortWaysOf } from './routes/short-ways.ts';
import { createServices, type Services } from './services.ts';

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

/** Runs until a signal ends it. Throws ConfigError for wrong settings. */
export async function start(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  const config = readConfig(environment);
  const log = createLogger(config.logLevel, config.isTerminal);
  const foundations = await openProcess(config, log);
  const services = await createServices(foundations);
  await ensureBuiltIn(services);
  await services.news.start();

  const server = createPortariaServer(services);
  await listen(server, config);
  services.jobs.start();
  giveMemoryBackWhenIdle(server);
  // After listening: a start that fails must not end the link that another server has printed.
  const { setupToken } = await services.setup.ensureFirstAdministrator(config.firstAdministrator);
  if (setupToken) {
    // The one secret that is printed: it makes the first administrator, once, and only whoever reads this has it.
    process.stdout.write(`\n  First administrator: open ${config.issuer}/setup?token=${setupToken}\n\n`);
  }
  endOnSignal(server, services, () => foundations.close());
  log.info({ issuer: config.issuer }, `Portaria is ready at ${config.issuer}`);
}

/** The server without its port: GET /api/verify and the short ways ahead of Koa, everything else through it. */
export function createPortariaServer(services: Services, limits = REQUEST_LIMITS): Server {
  const { readiness, verifyListener } = services;
  const handle = createShortWaysOf(services, createApp(services).callback());
  return createServer({ ...limits, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (readiness.isDraining) response.setHeader('Connection', 'close');
    if (!verifyListener(request, response)) handle(request, response);
  });
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
}

function endOnSignal(server: Server, services: Services, close: () => Promise<void>): void {
  let isEnding = false;
  const end = async (signal: NodeJS.Signals) => {
    if (isEnding) return;
    isEnding = true;
    const { log } = services;
    log.info({ signal }, 'draining: no longer ready, running requests finish');
    const limit = setTimeout(() => process.exit(1), DRAIN_LIMIT_MS);
    services.readiness.drain();
    services.jobs.stop();
    // A person at a terminal does not wait for load balancers.
    if (signal === 'SIGTERM') await new Promise((resolve) => setTimeout(resolve, NOTICE_MS));
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeIdleConnections();
    });
    await services.close();
    await close();
    clearTimeout(limit);
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', (signal) => void end(signal));
  process.on('SIGINT', (signal) => void end(signal));
}
