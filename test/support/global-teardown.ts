// After all tests: the PostgreSQL of the run stops, and its folder goes.
import { rmSync } from 'node:fs';
import type { EmbeddedPostgres } from '../../src/base/embedded-postgres.ts';

export default async function tearDown(): Promise<void> {
  const run = (globalThis as { portariaTest?: { postgres: EmbeddedPostgres; directory: string } })
    .portariaTest;
  await run?.postgres.release();
  if (run) rmSync(run.directory, { recursive: true, force: true });
}
