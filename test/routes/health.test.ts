// /healthz, /readyz and /metrics, as probes and Prometheus ask them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const METRICS_TOKEN = 'a-token-for-prometheus';
let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ METRICS_TOKEN });
});
afterAll(() => portaria.stop());

describe('a probe', () => {
  it('learns that the process lives', async () => {
    await supertest(portaria.url)
      .get('/healthz')
      .expect(200, { status: 'ok' })
      .expect('cache-control', 'no-store');
  });

  it('learns that it is ready, and why', async () => {
    await supertest(portaria.url)
      .get('/readyz')
      .expect(200, { status: 'ok', checks: { database: 'ok', migrations: 'ok', keys: 'ok' } });
  });

  it('learns that it is not ready while a migration is missing', async () => {
    const { database } = portaria.database;
    await database.query(`delete from schema_migrations where name = '006_throttles'`);
    const other = await startPortaria({}, { database: portaria.database });
    const { body } = await supertest(other.address).get('/readyz').expect(503);
    expect(body).toMatchObject({ status: 'unavailable', checks: { database: 'ok', migrations: 'failed' } });
    await other.stop();
    await database.query(
      `insert into schema_migrations (name, batch, migration_time) values ('006_throttles', 1, now())`,
    );
  });

  it('of Prometheus needs the token when there is one', async () => {
    await supertest(portaria.url).get('/metrics').expect(403);
    await supertest(portaria.url).get('/metrics').set('authorization', 'Bearer of nothing').expect(403);
    const { text } = await supertest(portaria.url)
      .get('/metrics')
      .set('authorization', `Bearer ${METRICS_TOKEN}`)
      .expect(200)
      .expect('content-type', /text\/plain/);
    expect(text).toContain('portaria_process_resident_memory_bytes');
  });
});
