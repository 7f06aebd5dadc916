import * as fc from 'fast-check';
import type { Json } from '../../operator/src/api/schema/authoring.ts';
import type { KindDefinition } from '../../operator/src/api/schema/crd.ts';
import { Builder } from './crd-cases.ts';

/** What people and generators of manifests get wrong. */
const wrong = fc.oneof(
  fc.constantFrom<Json>(true, 0, -1, 1.5, 2 ** 40, null),
  fc.constantFrom<Json>('', ' ', 'Nonsense', '5', 'a'.repeat(300), 'ünïcode', 'line\nbreak', 'rmq_sys_a'),
  fc.constantFrom<Json>([], [1], {}, { key: 'value' }),
);

/**
 * Objects of a kind that could almost be meant: the known fields with sensible values, some missing, some of the
 * wrong type, out of range, unknown or in conflict with another one.
 */
export function plausibleObjects(kind: KindDefinition): fc.Arbitrary<Json> {
  const builder = new Builder(kind);

  const right = (path: string): fc.Arbitrary<Json> => {
    const { schema } = builder.field(path);
    const sample = fc.constant(builder.sample(path));
    if (schema.properties) return objectAt(path, Object.keys(schema.properties));
    if (schema.additionalProperties) {
      const key = fc.constantFrom('key', 'queue.type', 'fileReservedTime', 'app.kubernetes.io/name', 'a b');
      return fc.dictionary(key, valueAt(`${path}.*`), { maxKeys: 2 });
    }
    if (schema.type === 'array') {
      return fc.array(valueAt(`${path}[]`), { minLength: schema.minItems ?? 0, maxLength: 2 });
    }
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'integer') {
      const low = schema.minimum ?? 0;
      const high = Math.min(schema.maximum ?? 2 ** 31, 2 ** 31);
      return fc.oneof(
        fc.integer({ min: low, max: Math.min(low + 5, high) }),
        fc.integer({ min: low, max: high }),
      );
    }
    const words = fc.constantFrom<Json>('a', 'b', 'broker-b', 'exchange', '1', 'SimpleCQ', '2Gi', '500m');
    return schema['x-kubernetes-int-or-string']
      ? fc.oneof(sample, words, fc.integer({ min: 0, max: 4 }))
      : fc.oneof({ arbitrary: sample, weight: 3 }, { arbitrary: words, weight: 1 });
  };

  const valueAt = (path: string): fc.Arbitrary<Json> =>
    fc.oneof({ arbitrary: right(path), weight: 60 }, { arbitrary: wrong, weight: 1 });

  const objectAt = (path: string, keys: readonly string[]): fc.Arbitrary<Json> => {
    const fields = keys.map((key) => {
      const { required } = builder.field(`${path}.${key}`);
      const present = fc.integer({ min: 0, max: 99 }).map((dice) => dice < (required ? 98 : 25));
      return fc
        .tuple(present, valueAt(`${path}.${key}`))
        .map(([is, value]): [string, Json][] => (is ? [[key, value]] : []));
    });
    const unknown = fc
      .integer({ min: 0, max: 99 })
      .map((dice): [string, Json][] => (dice < 1 ? [['nonsense', 1]] : []));
    return fc.tuple(...fields, unknown).map((entries) => Object.fromEntries(entries.flat()));
  };

  const name = fc.oneof(
    { arbitrary: fc.constant('orders'), weight: 12 },
    {
      arbitrary: fc.constantFrom(
        'exchange',
        'a.dotted.name',
        '1st',
        'c'.repeat(41),
        'c'.repeat(200),
        'Upper',
        '',
      ),
      weight: 1,
    },
  );
  return fc.tuple(name, right('spec')).map(([own, spec]) => builder.object(spec, own));
}
