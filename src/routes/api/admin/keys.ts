// /api/admin/v1/keys: the keys that sign what we issue, without their private halves. Their life is oidc/keys.ts's.
import { z } from 'zod';
import { listOf } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';
import type { KeyRecord } from '../../../oidc/key-store.ts';
import { SIGNING_ALGORITHMS, type Rotation } from '../../../oidc/keys.ts';

const time = z.iso.datetime();
const key = z
  .strictObject({
    kid: z.string(),
    algorithm: z.string(),
    state: z.enum(['next', 'current', 'previous']),
    created_at: time,
    activates_at: time.nullable(),
    activated_at: time.nullable(),
    retired_at: time.nullable(),
  })
  .meta({ id: 'Key' });
const algorithm = z.enum(SIGNING_ALGORITHMS);
const rotation = z
  .discriminatedUnion('outcome', [
    z.strictObject({
      algorithm,
      outcome: z.literal('rotated'),
      kid: z.string(),
      previous_kid: z.string(),
      forced: z.boolean().describe('Before others could know the new one.'),
    }),
    z.strictObject({ algorithm, outcome: z.literal('scheduled'), kid: z.string(), activates_at: time }),
    z.strictObject({ algorithm, outcome: z.literal('overtaken') }),
  ])
  .meta({ id: 'Rotation' });
export type KeyDocument = z.infer<typeof key>;
export type RotationDocument = z.infer<typeof rotation>;

export const keyOperations = {
  listKeys: operation({
    method: 'get',
    path: '/keys',
    summary: 'The signing keys with their states.',
    permission: 'admin',
    input: z.strictObject({}),
    answer: listOf(key),
    run: async ({ keys }) => ({ items: (await keys.listRecords()).map(toDocument), next: null }),
  }),

  rotateKeys: operation({
    method: 'post',
    path: '/keys/rotate',
    summary: 'Lets the next key sign, as soon as everybody can know it.',
    permission: 'admin',
    input: z.strictObject({
      algorithm: algorithm.optional().describe('All of them without it.'),
      now: z.boolean().default(false).describe('At once, even when others may not know the next key yet.'),
    }),
    answer: z.strictObject({ rotations: z.array(rotation) }),
    async run({ keys }, { algorithm: named, now }) {
      const rotations: RotationDocument[] = [];
      for (const each of named ? [named] : SIGNING_ALGORITHMS) {
        rotations.push(toRotationDocument(await keys.rotate(each, { isForced: now })));
      }
      return { rotations };
    },
  }),
};

function toDocument(its: KeyRecord): KeyDocument {
  return {
    kid: its.id,
    algorithm: its.algorithm,
    state: its.state,
    created_at: its.createdAt.toISOString(),
    activates_at: its.activatesAt?.toISOString() ?? null,
    activated_at: its.activatedAt?.toISOString() ?? null,
    retired_at: its.retiredAt?.toISOString() ?? null,
  };
}

function toRotationDocument(its: Rotation): RotationDocument {
  const { algorithm: name, outcome } = its;
  if (outcome === 'overtaken') return { algorithm: name, outcome };
  const { kid } = its;
  return outcome === 'rotated'
    ? { algorithm: name, outcome, kid, previous_kid: its.previousKid, forced: its.wasForced }
    : { algorithm: name, outcome, kid, activates_at: its.activatesAt.toISOString() };
}
