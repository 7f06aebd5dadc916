import { describe, expect, it } from '@jest/globals';
import { damage, type FuzzObject } from './fuzz.ts';
import { seededRandom } from './random.ts';

const base: FuzzObject = {
  apiVersion: 'rocketmq.gantry.dev/v1beta1',
  kind: 'Topic',
  metadata: { name: 'orders', namespace: 'n' },
  spec: { clusterRef: { name: 'c' }, type: 'Normal', list: [{ name: 'a' }, { name: 'b' }] },
};

const damaged = (seed: number): readonly FuzzObject[] => {
  const random = seededRandom(seed);
  return Array.from({ length: 500 }, () => damage(base, random));
};

describe('damage', () => {
  it('makes the same objects from the same seed, and others from another', () => {
    expect(damaged(7)).toEqual(damaged(7));
    expect(damaged(7)).not.toEqual(damaged(8));
  });

  it('leaves the base alone', () => {
    const before = structuredClone(base);
    damaged(1);
    expect(base).toEqual(before);
  });

  it('reaches every field of the spec, and sometimes takes the spec away', () => {
    const objects = damaged(3);
    const without = (field: string): boolean =>
      objects.some(({ spec }) => typeof spec === 'object' && spec !== null && !(field in spec));
    expect(objects.some((object) => !('spec' in object))).toBe(true);
    expect(without('clusterRef')).toBe(true);
    expect(without('type')).toBe(true);
    expect(new Set(objects.map((object) => JSON.stringify(object))).size).toBeGreaterThan(300);
  });
});
