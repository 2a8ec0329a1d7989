// Around every command that administers: what it asks is the same whether the server is this one or elsewhere. Here it opens the
// database as any command does; with --issuer or PORTARIA_ISSUER it asks the API there, with the sign-in of `portaria login`.
import type { Command } from 'commander';
import type { z } from 'zod';
import type { Operation } from '../http/operation.ts';
import type { Operations } from '../operations.ts';
import { withServices } from './run.ts';

type Named = keyof Operations;
type Input<N extends Named> = z.input<Operations[N]['input']>;
type Answer<N extends Named> = z.output<Operations[N]['answer']>;

/** One operation of the administration, by its name: what is asked → what is answered. Throws what the administration refuses. */
export type Ask = <N extends Named>(name: N, input: Input<N>) => Promise<Answer<N>>;

export async function withAdministration(command: Command, work: (ask: Ask) => Promise<void>): Promise<void> {
  const { readUserConfig } = await import('./user-config.ts');
  const issuer = command.opts<{ issuer?: string }>().issuer ?? readUserConfig().issuer;
  if (issuer === undefined) return withServices(command, (services) => work(askHere(services)));
  const { askAt } = await import('./distance.ts');
  return work(asAsk(await askAt(issuer)));
}

type Services = Parameters<Operation['run']>[0];

/** The same functions that the API calls, without HTTP in between. */
export function askHere(services: Services): Ask {
  return asAsk(async (name, input) => {
    const { operations } = await import('../operations.ts');
    const { readInput } = await import('../http/operation.ts');
    const operation: Operation = operations[name];
    // As it would arrive: what is not given is not there.
    const fields = JSON.parse(JSON.stringify(input)) as object;
    return operation.run(services, readInput(operation, fields));
  });
}

/** Which name goes with which answer is known to the table of operations alone. */
function asAsk(ask: (name: Named, input: object) => Promise<unknown>): Ask {
  return ask as Ask;
}
