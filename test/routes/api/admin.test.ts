// /api/admin/v1/openapi.json: the description of the administration, which programs are made from.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAdminRouter } from '../../../src/routes/api/admin.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';

interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: { 'application/json': { schema: Record<string, unknown> } } };
  responses: Record<string, { description: string; content: object }>;
}

interface Description {
  openapi: string;
  info: Record<string, string>;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

let portaria: Portaria;
let description: Description;

beforeAll(async () => {
  portaria = await startPortaria();
  const response = await fetch(`${portaria.url}/api/admin/v1/openapi.json`);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  description = (await response.json()) as Description;
});
afterAll(() => portaria.stop());

function each(): [string, Operation][] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

it('says what OpenAPI 3.1 wants to know', () => {
  expect(description).toMatchObject({
    openapi: '3.1.0',
    info: { title: expect.any(String), version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    servers: [{ url: portaria.url }],
    components: { securitySchemes: { portaria: { type: 'openIdConnect' } } },
  });
  const ids = each().map(([, { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('has every route of the API and no other', async () => {
  const { stack } = await createAdminRouter(portaria.services);
  const routes = stack.flatMap(({ methods, path }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method} ${String(path).replaceAll(/:(\w+)/g, '{$1}')}`),
  );
  const described = each().map(([request]) => request);
  expect(described.length).toBeGreaterThan(20);
  expect([...described, 'GET /api/admin/v1/openapi.json'].sort()).toEqual(routes.sort());
});

it('names what stands in each path, once and as required, and nothing that leads nowhere', () => {
  for (const [request, { parameters, requestBody, responses, security, summary }] of each()) {
    const inPath = [...request.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const named = parameters.filter((parameter) => parameter.in === 'path');
    expect([request, named.map(({ name }) => name)]).toEqual([request, inPath]);
    expect(named.every(({ required }) => required)).toBe(true);
    expect([summary.endsWith('.'), security]).toEqual([true, [{ portaria: ['admin'] }]]);
    const body = requestBody?.content['application/json'].schema;
    if (body) expect(body).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '429', '503']));
  }
  const text = JSON.stringify(description);
  const known = Object.keys(description.components.schemas).map((name) => `"#/components/schemas/${name}"`);
  const referred = [...text.matchAll(/"\$ref":("[^"]+")/g)].map(([, target]) => target);
  expect(new Set(referred)).toEqual(new Set(known));
});

it('tells of what may be sent what the server holds against it', () => {
  const schema =
    description.paths['/api/admin/v1/clients']?.['post']?.requestBody?.content['application/json'].schema;
  expect(schema).toMatchObject({
    required: ['client_id'],
    properties: { token_format: { enum: ['opaque', 'jwt'] }, redirect_uris: { type: 'array' } },
  });
});
