// Two servers in processes of their own, one of them with two workers, on one database and behind one proxy: what a
// company runs. Told apart from a single Portaria by nothing but `nodes`; `services` are those of a command beside them.
import { createLogger } from '../../src/base/log.ts';
import { readConfig } from '../../src/config.ts';
import { createServices } from '../../src/services.ts';
import { serve, type Server, type Settings } from './processes.ts';
import { createTestDatabase } from './database.ts';
import { SECRET_KEY, type Portaria } from './portaria.ts';
import { freePort } from './ports.ts';
import { startProxy, type TestProxy } from './proxy.ts';

export interface Nodes extends Portaria {
  nodes: Server[];
  proxy: TestProxy;
  /** What each of them, and a command, is started with. */
  settings: Settings;
}

export async function startNodes(more: Settings = {}): Promise<Nodes> {
  const database = await createTestDatabase();
  const ports = [await freePort(), await freePort()];
  const proxy = await startProxy(ports);
  const settings = {
    ISSUER: proxy.url,
    DATABASE_URL: database.url,
    SECRET_KEY,
    TRUSTED_PROXIES: '127.0.0.1',
    ...more,
  };
  const nodes = await Promise.all(
    ports.map((port, index) => serve(port, { ...settings, WORKERS: String(index + 1) })),
  );
  const services = await createServices({
    config: readConfig(settings),
    database: database.another(),
    secretKeys: [SECRET_KEY],
    log: createLogger('silent', false),
  });
  return {
    url: proxy.url,
    address: proxy.url,
    nodes,
    proxy,
    settings,
    services,
    database,
    async stop() {
      await proxy.close();
      await Promise.all(nodes.map((node) => node.stop()));
      await services.close();
      await database.close();
    },
  };
}
