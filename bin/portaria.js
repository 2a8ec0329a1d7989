#!/usr/bin/env node
// Starts Portaria on the Node that npm brought along (node_modules/.bin/node), whatever the system has, and says so in
// one line when there is none. Plain JavaScript that old versions can read, since it may run on one of them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

if (Number(process.versions.node.split('.')[0]) >= OLDEST) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(join(root, 'node_modules', '.cache', 'portaria'));
  // The sources where they are (Node strips their types), the compiled program where it came alone (a container).
  const sources = join(root, 'src', 'cli', 'main.ts');
  const { run } = await import(existsSync(sources) ? sources : join(root, 'dist', 'src', 'cli', 'main.js'));
  await run(process.argv);
} else {
  const brought = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(brought)) {
    console.error(
      `Portaria needs Node ${OLDEST} or later and this is ${process.version}. Run "npm ci", or install Node ${OLDEST}.`,
    );
    process.exit(1);
  }
  const child = spawn(brought, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
