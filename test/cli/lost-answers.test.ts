// Many commands at once, and a network that loses what the server has answered: it has used the refresh token up by then, and gives
// the same successor again to who asks again.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { signInOf } from '../../src/cli/signed-in-at.ts';
import { SignInFile } from '../../src/cli/sign-ins.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPerson, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import { newFolder, portaria, start } from '../support/processes.ts';
import { approveDevice, poll, startDevice } from '../support/walks.ts';

const PROCESSES = 5;

let server: Portaria;
let network: Server;
let home: ReturnType<typeof newFolder>;
let settings: Record<string, string>;
let file: SignInFile;
/** Answers of the token endpoint that do not arrive from now on; how many did not. */
let toLose = 0;
let lost = 0;
let onLost: () => void = () => undefined;

beforeAll(async () => {
  const [near, far] = [await freePort(), await freePort()];
  network = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const passed = request({ port: far, host: '127.0.0.1', method, path: url, headers, agent: false });
    passed.on('response', (answer) => {
      if (url === '/oauth/token' && toLose > 0) {
        toLose -= 1;
        lost += 1;
        answer.resume().once('end', () => {
          onLost();
          incoming.socket.destroy();
        });
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => network.listen(near, '127.0.0.1', resolve));
  server = await startPortaria({ ISSUER: `http://localhost:${near}`, PORT: String(far) });
  await addPerson(server);
  home = newFolder();
  settings = { HOME: home.path, XDG_CONFIG_HOME: home.path, PORTARIA_ISSUER: server.url };
  file = new SignInFile(join(home.path, 'portaria'));
});
afterAll(async () => {
  network.close().closeAllConnections();
  await server.stop();
  home.remove();
});

/** With an access token that has ended. */
async function signIn(): Promise<void> {
  const device = await startDevice(server, 'cli', 'read');
  await approveDevice(new CarefulBrowser(server.url), device);
  const made = signInOf((await poll(server, 'cli', device)).body, 'read');
  await file.change((signIns) => signIns.set(server.url, { ...made, accessTokens: {} }));
}

it('none of them fails, none signs the others out, and what they kept goes on', async () => {
  await signIn();
  for (const answers of [1, 2]) {
    await file.change((signIns) => void Object.assign(signIns.get(server.url)!, { accessTokens: {} }));
    toLose = answers;
    const outcomes = await Promise.all(Array.from({ length: PROCESSES }, () => portaria('token', settings)));
    expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual(outcomes.map(() => [0, '']));
    expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(1);
    expect((await verify(server, outcomes[0]?.stdout.trim() ?? '')).status).toBe(200);
  }
  expect(lost).toBe(3);
});

it('one that is killed with the answer on its way costs nobody the sign-in, or half a minute', async () => {
  await signIn();
  const child = start(['token'], settings);
  [toLose, onLost] = [1, () => child.kill('SIGKILL')];
  await once(child, 'exit');
  expect([child.signalCode, existsSync(`${file.path}.lock`)]).toEqual(['SIGKILL', true]);
  const began = performance.now();
  const { code, stdout } = await portaria('token', settings);
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(code).toBe(0);
  expect((await verify(server, stdout.trim())).status).toBe(200);
  expect(readdirSync(join(home.path, 'portaria'))).toEqual(['sign-ins.json']);
});
