// Around every command: opens what the server opens, says in the audit who it was, and lets go of everything, so that
// the process ends by itself. All that is heavy is imported here and only when a command runs: --help stays quick.
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Logger } from '../base/log.ts';
import { invalidRequest } from '../base/errors.ts';
import type { Process } from '../process.ts';
import type { Services } from '../services.ts';

/** Runs `work` with today's schema and all services; works beside a running server. */
export async function withServices(
  command: Command,
  work: (services: Services) => Promise<void>,
): Promise<void> {
  refuseDistance(command);
  const { config, log } = await readSettings();
  const { openProcess } = await import('../process.ts');
  const foundations = await openProcess(config, log);
  try {
    await serve(command, foundations, work);
  } finally {
    await foundations.close();
  }
}

async function serve(
  command: Command,
  foundations: Process,
  work: (services: Services) => Promise<void>,
): Promise<void> {
  const { createServices } = await import('../services.ts');
  const services = await createServices(foundations);
  try {
    // Only where no server has been yet: one that runs may have another ISSUER than this terminal.
    if (!(await services.clientStore.find('cli'))) {
      const { ensureBuiltIn } = await import('../built-in.ts');
      await ensureBuiltIn(services);
    }
    await services.audit.from({ agent: fullNameOf(command) }, () => work(services));
  } finally {
    await services.close();
  }
}

/** Runs `work` with the database as it is: nothing is migrated. */
export async function withConnection(
  command: Command,
  work: (connection: Process['connection']) => Promise<void>,
): Promise<void> {
  refuseDistance(command);
  const { config, log } = await readSettings();
  const { openConnection } = await import('../process.ts');
  const { connection, release } = await openConnection(config, log);
  try {
    await work(connection);
  } finally {
    await release();
  }
}

/** Throws 400 for `--issuer` where a command works on the database or on this machine and on nothing else. */
export function refuseDistance(command: Command): void {
  if (command.opts<{ issuer?: string }>().issuer === undefined) return;
  throw invalidRequest(
    `"${fullNameOf(command)}" works only where the server is: run it there, without --issuer.`,
  );
}

/** Standard output is for the result: the log goes to standard error, from warnings on unless LOG_LEVEL asks for more. */
async function readSettings(): Promise<{ config: Config; log: Logger }> {
  const { readConfig } = await import('../config.ts');
  const { createLogger } = await import('../base/log.ts');
  const config = readConfig();
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel;
  return { config, log: createLogger(level, false, process.stderr) };
}

/** As it was typed: "portaria clients create". */
export function fullNameOf(command: Command): string {
  return command.parent ? `${fullNameOf(command.parent)} ${command.name()}` : command.name();
}
