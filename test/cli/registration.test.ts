// portaria registration, and clients that sign: what is made at the terminal works at the server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { postForm } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { assertion, dpopProof, makeKey } from '../support/proofs.ts';
import { json, newFolder, portaria as run, words, type Settings } from '../support/processes.ts';

const folder = newFolder();
const key = makeKey();
let portaria: Portaria;
let settings: Settings;

beforeAll(async () => {
  portaria = await startPortaria({ REGISTRATION: 'token' });
  const { host, port, user, database } = portaria.database.connection;
  settings = {
    DATA_DIR: folder.path,
    DATABASE_URL: `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    SECRET_KEY,
    ISSUER: portaria.url,
    REGISTRATION: 'token',
  };
});
afterAll(async () => {
  await portaria.stop();
  folder.remove();
});

it('makes a token with which one program registers itself', async () => {
  const made = await json('registration token --expires 1h', settings);
  expect(made).toEqual({
    initial_access_token: expect.stringMatching(/^ptr_reg_/),
    expires_at: expect.any(String),
    registration_endpoint: `${portaria.url}/oauth/register`,
    registration: 'token',
  });
  const register = () =>
    fetch(String(made['registration_endpoint']), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${String(made['initial_access_token'])}`,
      },
      body: JSON.stringify({ client_name: 'Notes', redirect_uris: ['https://notes.example.com/cb'] }),
    });
  const registered = await register();
  expect(registered.status).toBe(201);
  const { client_id: id } = (await registered.json()) as { client_id: string };
  expect((await register()).status).toBe(401);

  const { stdout } = await run(`clients show ${id}`, settings);
  expect(stdout).toMatch(/Kind +confidential web self-registered/);
  const refused = await run('registration token --expires never', settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--expires takes a duration')]);
});

it('makes a client that signs, from a file with its public key, and says so', async () => {
  const file = join(folder.path, 'keys.json');
  writeFileSync(file, JSON.stringify(key.jwk));
  const created = await json(
    [...words('clients create --id signer --grant client_credentials --dpop --jwks'), file],
    settings,
  );
  expect(created).toMatchObject({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ kty: 'EC' }] },
    dpop_bound_access_tokens: true,
  });
  expect(created).not.toHaveProperty('client_secret');
  expect((await run('clients show signer', settings)).stdout).toMatch(/Signs with +a registered key/);

  const ask = (headers: Record<string, string>) =>
    postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: 'client_credentials', ...assertion(key, 'signer', portaria.url) },
      undefined,
      headers,
    );
  expect((await ask({})).status).toBe(400);
  const dpop = dpopProof(key, { url: `${portaria.url}/oauth/token` });
  expect((await ask({ dpop })).body.token_type).toBe('DPoP');
  expect(await json('clients update signer --no-dpop', settings)).toMatchObject({
    dpop_bound_access_tokens: false,
  });
});

it('takes no private key, and no file that is none', async () => {
  const file = join(folder.path, 'private.json');
  writeFileSync(file, JSON.stringify(key.privateKey.export({ format: 'jwk' })));
  const command = (path: string) => [
    ...words('clients create --id c --grant client_credentials --jwks'),
    path,
  ];
  const refused = await run(command(file), settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is private')]);
  for (const content of ['null', '{"keys":[]}', '"keys"']) {
    writeFileSync(file, content);
    const empty = await run(command(file), settings);
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('A JWK Set has 1 to 20 keys')]);
  }
  const missing = await run(command(join(folder.path, 'missing.json')), settings);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('cannot be read')]);
});
