import { describe, expect, it } from '@jest/globals';
import { groupStorage, minInSyncReplicas, rocketMQClusterSpec } from './cluster.ts';

describe('minInSyncReplicas', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('of %d members, %d', (replicas, expected) => {
    expect(minInSyncReplicas({ replicas })).toBe(expected);
    expect(minInSyncReplicas({ replicas, minInSyncReplicas: 1 })).toBe(1);
  });
});

describe('groupStorage', () => {
  it('takes what the group gives and the common value for the rest', () => {
    const spec = rocketMQClusterSpec.parse({
      brokers: {
        storage: { size: '30Gi', storageClassName: 'slow' },
        groups: [{ name: 'a' }, { name: 'b', storage: { storageClassName: 'fast' } }],
      },
    });
    expect(spec.brokers.groups.map((group) => groupStorage(spec, group))).toEqual([
      { size: '30Gi', storageClassName: 'slow' },
      { size: '30Gi', storageClassName: 'fast' },
    ]);
  });
});
