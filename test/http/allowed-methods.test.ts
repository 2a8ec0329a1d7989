// What an address does not take is refused with what it does take, and nothing that is taken is refused.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ENGINE_METHODS } from '../../src/http/engine.ts';
import { METHODS_AHEAD } from '../../src/routes/api/verify.ts';
import { createRouter } from '../../src/routes/index.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

function ask(request: string, headers: Record<string, string> = {}): Promise<Response> {
  const [method = '', path = ''] = request.split(' ');
  return fetch(`${portaria.address}${path}`, { method, headers, redirect: 'manual' });
}

/** The routes with this one path, whatever it takes them to. */
function methodsOf(path: string): Set<string> {
  const own = createRouter(portaria.services).stack.filter((layer) => layer.path === path);
  const others: Record<string, readonly string[]> = { ...ENGINE_METHODS, ...METHODS_AHEAD };
  return new Set([...own.flatMap(({ methods }) => methods), ...(others[path] ?? [])]);
}

describe('a method that an address does not take', () => {
  it.each([
    ['GET /api/auth', 'OPTIONS, POST', 'Send POST.'],
    ['PUT /api/auth/login', 'OPTIONS, POST', 'Send POST.'],
    ['PUT /oauth/token', 'OPTIONS, POST', 'Send POST.'],
    ['PUT /oauth/token/', 'OPTIONS, POST', 'Send POST.'],
    ['GET /oauth/device_authorization', 'OPTIONS, POST', 'Send POST.'],
    ['DELETE /api/verify', 'GET, HEAD, OPTIONS, POST', 'Send GET, HEAD or POST.'],
    ['POST /api/user', 'GET, HEAD, OPTIONS', 'Send GET or HEAD.'],
    ['PUT /api/admin/v1/clients', 'GET, HEAD, POST', 'Send GET, HEAD or POST.'],
    ['POST /.well-known/jwks.json', 'GET, HEAD, OPTIONS', 'Send GET or HEAD.'],
    ['POST /healthz', 'GET, HEAD', 'Send GET or HEAD.'],
  ])('is named with those that it takes: %s', async (request, allow, sentence) => {
    const response = await ask(request, { accept: 'text/html' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    const method = request.split(' ')[0];
    expect(await response.json()).toMatchObject({
      error: 'method_not_allowed',
      error_description: `This address does not take ${method}. ${sentence}`,
    });
  });

  it('leads a person back who opens what a form is sent to', async () => {
    const response = await ask('GET /sign-out', { accept: 'text/html' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    const page = await response.text();
    expect(page).toContain('This page does not open like this');
    expect(page).toContain('href="/"');
  });

  it.each([...Object.keys(ENGINE_METHODS), ...Object.keys(METHODS_AHEAD), '/cli', '/oauth/authorize'])(
    'is refused at %s, and no other',
    async (path) => {
      const taken = methodsOf(path);
      for (const method of METHODS) {
        const { status } = await ask(`${method} ${path}`);
        // 404 would be an address at which nobody answers.
        expect([method, status === 405, status === 404]).toEqual([method, !taken.has(method), false]);
      }
    },
  );
});

it('stays a 404 where there is nothing at all, or where somebody said so', async () => {
  for (const request of ['GET /nothing', 'PUT /nothing', 'OPTIONS /nothing', 'POST /oauth/register']) {
    const response = await ask(request);
    expect([request, response.status, response.headers.get('allow')]).toEqual([request, 404, null]);
  }
  expect((await ask('GET /api/auth/get-session?session=nobody')).status).toBe(404);
});
