// The description of an API (OpenAPI 3.1), made from its operations: the schemas that check what comes in are the ones that are
// published.
import { z } from 'zod';
import { parametersOf, type Operation } from './operation.ts';

export interface Described {
  title: string;
  version: string;
  description: string;
  issuer: string;
  /** Of the API, behind the issuer. */
  root: string;
  /** By their names. */
  operations: Readonly<Record<string, Operation>>;
  /** What a bearer has to have. */
  scope: string;
}

type Schema = Record<string, unknown>;

const REFUSALS: Readonly<Record<string, string>> = {
  '400': 'Something in the request is wrong.',
  '401': 'The bearer is missing, unknown, expired or revoked.',
  '403': 'The bearer is good, but may not do this.',
  '404': 'There is no such thing.',
  '409': 'It would contradict what there is.',
  '429': 'Too many calls; wait for as long as Retry-After says.',
  '503': 'The server cannot know now; try again.',
};

const refusal = z
  .strictObject({ error: z.string(), error_description: z.string(), request_id: z.string() })
  .meta({ id: 'Error' });

export function describeApi(api: Described): object {
  const schemas: Schema = {};
  const schemaOf = (type: z.ZodType, io: 'input' | 'output') => referring(type, io, schemas);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries(api.operations)) {
    const path = api.root + operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][operation.method] = describe(operationId, operation, api.scope, schemaOf);
  }
  return {
    openapi: '3.1.0',
    info: { title: api.title, version: api.version, description: api.description },
    servers: [{ url: api.issuer }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        portaria: {
          type: 'openIdConnect',
          openIdConnectUrl: `${api.issuer}/.well-known/openid-configuration`,
        },
      },
    },
  };
}

function describe(
  operationId: string,
  { method, path, summary, permission, input, answer, status }: Operation,
  scope: string,
  schemaOf: (type: z.ZodType, io: 'input' | 'output') => Schema,
): object {
  const inPath = parametersOf(path);
  const {
    properties = {},
    required = [],
    ...rest
  } = schemaOf(input, 'input') as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  const names = Object.keys(properties);
  const parameters = names
    .filter((name) => method === 'get' || inPath.includes(name))
    .map((name) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: required.includes(name),
      schema: properties[name],
    }));
  const inBody = names.filter((name) => !parameters.some((parameter) => parameter.name === name));
  const mustSend = required.filter((name) => inBody.includes(name));
  const body = {
    ...rest,
    properties: Object.fromEntries(inBody.map((name) => [name, properties[name]])),
    ...(mustSend.length > 0 && { required: mustSend }),
  };
  return {
    operationId,
    summary,
    description: `Needs the permission \`${permission}\`${permission === 'admin' ? '' : ' or `admin`'}.`,
    security: [{ portaria: [scope] }],
    parameters,
    ...(inBody.length > 0 && {
      requestBody: { required: mustSend.length > 0, content: { 'application/json': { schema: body } } },
    }),
    responses: {
      [status ?? 200]: jsonAnswer('What was asked for.', schemaOf(answer, 'output')),
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([code, words]) => [
          code,
          jsonAnswer(words, schemaOf(refusal, 'output')),
        ]),
      ),
    },
  };
}

function jsonAnswer(description: string, schema: Schema): object {
  return { description, content: { 'application/json': { schema } } };
}

/** What has a name of its own stands once in `schemas`. */
function referring(type: z.ZodType, io: 'input' | 'output', schemas: Schema): Schema {
  const {
    $schema: _,
    $defs = {},
    ...schema
  } = z.toJSONSchema(type, {
    io,
    // The pattern of a date takes four lines and says what the format says.
    override: ({ jsonSchema }) => void (jsonSchema.format === 'date-time' && delete jsonSchema.pattern),
  });
  Object.assign(schemas, moved($defs));
  const { id } = schema;
  if (typeof id !== 'string') return moved(schema) as Schema;
  schemas[id] = moved(schema);
  return { $ref: `#/components/schemas/${id}` };
}

/** To where OpenAPI looks for them. */
function moved(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as object;
}
