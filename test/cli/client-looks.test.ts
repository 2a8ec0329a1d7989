// portaria clients: a client's own look, from a file and two options to what is printed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { png } from '../support/pictures.ts';
import { SECRET_KEY } from '../support/portaria.ts';
import { json, newFolder, portaria, words, type Settings } from '../support/processes.ts';

const folder = newFolder();
const CREATE = 'clients create --id shop --redirect-uri https://shop.example.com/callback --first-party';
let database: TestDatabase;
let settings: Settings;

beforeAll(async () => {
  database = await createTestDatabase();
  const { host, port, user, database: name } = database.connection;
  const DATABASE_URL = `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`;
  settings = { DATA_DIR: folder.path, DATABASE_URL, SECRET_KEY };
});
afterAll(async () => {
  await database.close();
  folder.remove();
});

it('keeps a picture, a colour and two pages, shows them, and takes them off again', async () => {
  const logo = join(folder.path, 'logo.png');
  writeFileSync(logo, png());
  const pages = '--policy-uri https://shop.example.com/privacy --tos-uri https://shop.example.com/terms';
  const created = await json(words(`${CREATE} --logo ${logo} --brand-color #1D4691 ${pages}`), settings);
  const look = {
    logo: expect.stringMatching(/^\/client-logos\/[0-9a-f]{64}$/),
    brand_color: '#1d4691',
    policy_uri: 'https://shop.example.com/privacy',
    tos_uri: 'https://shop.example.com/terms',
  };
  expect(created).toMatchObject(look);
  const { stdout } = await portaria('clients show shop', settings);
  expect(stdout).toMatch(/^Logo +\/client-logos\/[0-9a-f]{64}$/m);
  expect(stdout).toMatch(/^Colour +#1d4691$/m);
  // What is not named stays.
  expect(await json('clients update shop --first-party', settings)).toMatchObject(look);
  const named = await json(
    ['clients', 'update', 'shop', '--name-in', 'pt-BR=A loja', '--name-in', 'ko=가게'],
    settings,
  );
  expect(named).toMatchObject({ 'client_name#pt-BR': 'A loja', 'client_name#ko': '가게' });
  expect((await portaria('clients show shop', settings)).stdout).toMatch(/^Name \(ko\) +가게$/m);
  const bare = [
    'clients',
    'update',
    'shop',
    '--logo',
    '',
    '--brand-color',
    '',
    '--policy-uri',
    '',
    '--tos-uri',
    '',
  ];
  const none = { logo: null, brand_color: null, policy_uri: null, tos_uri: null };
  expect(await json(bare, settings)).toMatchObject(none);
});

it('says what is wrong with a file', async () => {
  const drawing = join(folder.path, 'logo.svg');
  writeFileSync(drawing, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const refused = await portaria(`clients update shop --logo ${drawing}`, settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('PNG, WebP or JPEG')]);
  const missing = await portaria('clients update shop --logo nowhere.png', settings);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringContaining('"nowhere.png" cannot be read'),
  ]);
});
