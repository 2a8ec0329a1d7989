// What Portaria adds to the engine and takes away from it: introspection, client credentials and refresh, against
// oidc-provider by itself with everything in memory.
import { SERVICE_SECRET, tokenOf } from '../cast.ts';
import { introspectRequest, machineTokenRequest, refreshRequest } from '../http-text.ts';
import type { EngineQuestion, EngineTokens } from '../bare-engine.ts';
import { takeTurns, type Contestant } from '../rounds.ts';
import { pinServer, runPortaria, startServer, type Portaria } from '../servers.ts';
import { NO_REDIS, Supply, type Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { contestant, ENGINE, versus } from './versus.ts';

type Engine = Awaited<ReturnType<typeof startServer<{ tokens: EngineTokens }>>>;
type Question = Pick<Contestant, 'requests' | 'expects'>;

interface Contest {
  what: string;
  portaria: Portaria;
  target: number;
  ours: Question;
  theirs: (engine: Engine) => Question;
}

const CONNECTIONS = 32;
const JWT_CLIENT_ID = 'jwt-service';

export async function compareIntrospection(stage: Stage): Promise<Row[]> {
  const { portaria, seeded } = stage;
  const base = { portaria, target: 1.5 };
  const machines = (engine: Engine) => introspect(engine.tokens.machineToken);
  const rows = [
    await contest(stage, {
      ...base,
      what: 'introspection, a machine’s own token',
      ours: introspect(seeded.machineToken),
      theirs: machines,
    }),
    await contest(stage, {
      ...base,
      what: 'introspection, a person’s token',
      ours: introspect(tokenOf('access', 1)),
      theirs: (engine) => introspect(engine.tokens.accessToken),
    }),
  ];
  const what = 'introspection, a JWT (its token: opaque)';
  const jwt = await jwtFrom(portaria);
  rows.push(
    jwt === undefined
      ? { what, measured: '', wanted: '≥ 1.5 ×', note: 'not measured: clients cannot ask for JWTs yet' }
      : await contest(stage, { ...base, what, ours: introspect(jwt), theirs: machines }),
  );
  return rows;
}

export async function compareTokens(stage: Stage): Promise<Row[]> {
  const what = 'client credentials, PostgreSQL and Redis';
  if (!stage.withRedis) return [{ what, measured: '', wanted: '≥ 0.8 ×', note: NO_REDIS }];
  const question: Question = {
    requests: () => ({ requests: [machineTokenRequest()] }),
    expects: '"access_token":"',
  };
  const { portaria } = stage.withRedis;
  return [await contest(stage, { what, portaria, target: 0.8, ours: question, theirs: () => question })];
}

/** Each connection refreshes a token of its own, and goes on with what it gets; an ID token comes along. */
export async function compareRefresh(stage: Stage): Promise<Row[]> {
  const supply = new Supply((stage.plan.pace.rounds + 3) * CONNECTIONS);
  const chains = (tokens: string[]) => ({ requests: tokens.map(refreshRequest), isChain: true });
  const expects = '"id_token":"';
  return [
    await contest(stage, {
      what: 'refresh with rotation, PostgreSQL alone',
      portaria: stage.portaria,
      target: 0.5,
      ours: {
        requests: () => chains(supply.take(CONNECTIONS).map((number) => tokenOf('refresh', number))),
        expects,
      },
      theirs: (engine) => ({
        requests: async () =>
          chains(await engine.ask<string[]>({ refreshTokens: CONNECTIONS } satisfies EngineQuestion)),
        expects,
      }),
    }),
  ];
}

/** A new engine for every contest: its memory holds a thousand things, and a token must still be there. */
async function contest(
  { generator, cores, plan }: Stage,
  { what, portaria, target, ours, theirs }: Contest,
): Promise<Row> {
  const engine: Engine = await startServer('bare-engine.ts');
  try {
    pinServer(engine, cores);
    const [our = [], their = []] = await takeTurns(
      generator,
      [
        { ...contestant(portaria, what), ...ours },
        { ...contestant(engine, ENGINE), ...theirs(engine) },
      ],
      plan.pace,
    );
    return versus(what, our, ENGINE, their, target);
  } finally {
    await engine.stop();
  }
}

function introspect(token: string): Question {
  return { requests: () => ({ requests: [introspectRequest(token)] }), expects: '"active":true' };
}

/** An access token in JWT form (RFC 9068); undefined while there are none. */
async function jwtFrom(portaria: Portaria): Promise<string | undefined> {
  const identity = ['--id', JWT_CLIENT_ID, '--secret', SERVICE_SECRET, '--first-party'];
  const options = ['--grant', 'client_credentials', '--scope', 'read', '--token-format', 'jwt'];
  await runPortaria(portaria, ['clients', 'create', ...identity, ...options]);
  const response = await fetch(`http://127.0.0.1:${portaria.port}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${JWT_CLIENT_ID}:${SERVICE_SECRET}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
  });
  const { access_token: token = '' } = (await response.json()) as { access_token?: string };
  return token.split('.').length === 3 ? token : undefined;
}
