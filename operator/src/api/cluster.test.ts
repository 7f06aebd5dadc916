import { describe, expect, it } from '@jest/globals';
import { minInSyncReplicas } from './brokers.ts';
import { controllersOf, groupStorage, rocketMQClusterSpec } from './cluster.ts';

describe('minInSyncReplicas', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('of %d members, %d', (replicas, expected) => {
    const spec = { failover: 'Controller', replication: 'Sync', replicas } as const;
    expect(minInSyncReplicas(spec)).toBe(expected);
    expect(minInSyncReplicas({ ...spec, replication: 'Async' })).toBe(expected);
    expect(minInSyncReplicas({ ...spec, minInSyncReplicas: 1 })).toBe(1);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('of %d members with a fixed master, which waits for no more, %d', (replicas, expected) => {
    const spec = { failover: 'Static', replication: 'Sync', replicas } as const;
    expect(minInSyncReplicas(spec)).toBe(expected);
    expect(minInSyncReplicas({ ...spec, minInSyncReplicas: replicas })).toBe(replicas);
    expect(minInSyncReplicas({ ...spec, replication: 'Async' })).toBe(1);
  });
});

describe('controllersOf', () => {
  const groups = [{ name: 'a' }];

  it('are three when nothing is said of them, and none where nobody elects', () => {
    const elected = rocketMQClusterSpec.parse({ brokers: { groups } });
    expect(controllersOf(elected)).toEqual({ replicas: 3, storage: { size: '1Gi' }, config: {} });
    const given = rocketMQClusterSpec.parse({ brokers: { groups }, controllers: { replicas: 1 } });
    expect(controllersOf(given)?.replicas).toBe(1);
    expect(controllersOf(rocketMQClusterSpec.parse({ brokers: { groups, failover: 'Static' } }))).toBe(
      undefined,
    );
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
