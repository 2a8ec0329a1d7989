// What an operation of the administration is: what is asked, what is answered, who may, and the one function that does it.
// The API (admin-api.ts), its description (openapi.ts) and the command line all read the same operation.
import type { z } from 'zod';
import type { AdministrativePermission } from '../accounts/permissions.ts';
import { invalidRequest } from '../base/errors.ts';
import type { Services } from '../services.ts';

/** The root of the API, behind the issuer. */
export const ADMIN_API = '/api/admin/v1';

export interface Operation<I extends z.ZodObject = z.ZodObject, A extends z.ZodType = z.ZodType> {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below the root of the API; `:name` is the field of that name in the input. */
  path: `/${string}`;
  /** One sentence for whoever reads the description. */
  summary: string;
  permission: AdministrativePermission;
  /** Every field, wherever it stands: in the path, in the query of a GET, else in a JSON body. */
  input: I;
  answer: A;
  /** Of the answer; 200 unless named. */
  status?: 201;
  run(services: Services, input: z.output<I>): Promise<z.input<A>>;
}

/** The operation itself, with the types of its input and answer. */
export function operation<I extends z.ZodObject, A extends z.ZodType>(its: Operation<I, A>): Operation<I, A> {
  return its;
}

export function parametersOf(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** The fields as `run` takes them. Throws 400 that names the field at fault. */
export function readInput<I extends z.ZodObject>({ input }: Pick<Operation<I>, 'input'>, fields: object) {
  const read = input.safeParse(fields);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const field = unknown ?? issue?.path.join('.') ?? '';
  const rule = unknown === undefined ? issue?.message : 'there is no such field here';
  throw invalidRequest(`${field.slice(0, 100)}: ${rule}.`, { field });
}
