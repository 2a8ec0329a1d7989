// The real application for a test: its own copy of the migrated template, a real port, everything but a second process.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Logger } from '../../src/base/log.ts';
import { ensureBuiltIn } from '../../src/built-in.ts';
import { readConfig } from '../../src/config.ts';
import { createPortariaServer, type REQUEST_LIMITS } from '../../src/main.ts';
import { createServices, type Services } from '../../src/services.ts';
import { freePort } from './ports.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export interface Portaria {
  /** The issuer: `http://localhost:<port>`. */
  url: string;
  /** Where this node listens, when the issuer is another node's or a proxy's address. */
  address: string;
  services: Services;
  database: TestDatabase;
  stop(): Promise<void>;
}

/** One whose process is the test's own. */
export interface PortariaHere extends Portaria {
  server: Server;
}

export const SECRET_KEY = 'a-secret-key-of-the-tests-that-is-long-enough';

/** Settings by their names in the environment. `database`: share another server's, as a second node does. */
export async function startPortaria(
  settings: Record<string, string> = {},
  {
    database: shared,
    log,
    limits,
  }: { database?: TestDatabase; log?: Logger; limits?: typeof REQUEST_LIMITS } = {},
): Promise<PortariaHere> {
  const port = Number(settings['PORT'] ?? (await freePort()));
  const url = settings['ISSUER'] ?? `http://localhost:${port}`;
  const dataDir = settings['DATA_DIR'] ?? join(tmpdir(), `portaria-test-${randomUUID()}`);
  const config = readConfig({
    DATA_DIR: dataDir,
    SECRET_KEY,
    LOG_LEVEL: 'fatal',
    ISSUER: url,
    ...settings,
    PORT: String(port),
  });
  const database = shared ?? (await createTestDatabase());
  const pool = shared ? shared.another() : database.database;
  const services = await createServices({
    config,
    database: pool,
    secretKeys: config.secretKeys ?? [],
    log: log ?? createLogger(config.logLevel, false),
  });
  await ensureBuiltIn(services);
  await services.news.start();
  const server = createPortariaServer(services, limits);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url,
    address: `http://127.0.0.1:${port}`,
    server,
    services,
    database,
    async stop() {
      services.authSockets.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await services.close();
      if (!settings['DATA_DIR']) rmSync(dataDir, { recursive: true, force: true });
      if (!shared) await database.close();
    },
  };
}

/** Another node of the same house: its issuer, database and folder, a port and a memory of its own. */
export function startAnotherNode(first: Portaria, settings: Record<string, string> = {}): Promise<Portaria> {
  const { dataDir } = first.services.config;
  return startPortaria({ ISSUER: first.url, DATA_DIR: dataDir, ...settings }, { database: first.database });
}
