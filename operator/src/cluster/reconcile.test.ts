import { describe, expect, it } from '@jest/globals';
import type { RocketMQCluster } from '../api/mod.ts';
import { Deployments, Pods, Secrets, Services, StatefulSets } from '../kube/mod.ts';
import { revisionAnnotation, roleLabel } from './labels.ts';
import type { Pass } from './reconcile.ts';
import { clusterOf } from './testing/specs.ts';
import { World } from './testing/world.ts';

async function passes(world: World, cluster: RocketMQCluster, count: number): Promise<Pass> {
  let pass = await world.reconcile(cluster);
  for (let round = 1; round < count; round += 1) {
    await world.settle();
    pass = await world.reconcile(cluster);
  }
  return pass;
}

const uids = (world: World): ReadonlyMap<string, string | undefined> =>
  new Map(world.api.stored(Pods).map(({ metadata }) => [metadata.name, metadata.uid]));

const edited = (config: Readonly<Record<string, string>>): RocketMQCluster =>
  clusterOf(
    { brokers: { groups: [{ name: 'broker-a' }, { name: 'broker-b' }], config: { ...config } } },
    { generation: 2 },
  );

describe('a cluster', () => {
  it('starts, with the proxies last, and then writes nothing more', async () => {
    const world = new World();
    const first = await world.reconcile(clusterOf());
    expect(first.ready).toBe(false);
    expect(world.api.stored(StatefulSets)).toHaveLength(8);
    expect(world.api.stored(Services)).toHaveLength(4);
    expect(world.api.stored(Deployments)).toHaveLength(0);

    const last = await passes(world, clusterOf(), 5);
    expect(last.status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
    expect(last.status.version).toBe('5.5.0');
    expect(last.status.groups?.[0]).toMatchObject({ master: 'exchange-broker-a-0-0', inSync: 3 });
    expect(world.readyPods()).toHaveLength(12);
    expect(
      world.api.stored(Pods).filter(({ metadata }) => metadata.labels?.[roleLabel] === 'master'),
    ).toHaveLength(2);

    const before = world.api.writes().length;
    await world.reconcile(clusterOf());
    expect(world.api.writes()).toHaveLength(before);
  });

  it('brings back what was deleted', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const key = (name: string) => ({ namespace: 'prod', name });
    await world.api.delete(Services, key('exchange-broker'));
    await world.api.delete(StatefulSets, key('exchange-broker-a-1'));
    const [secret] = world.api.stored(Secrets);
    await world.api.delete(Secrets, key(secret?.metadata.name ?? ''));
    await world.reconcile(clusterOf());
    expect(world.api.stored(Services)).toHaveLength(4);
    expect(world.api.stored(StatefulSets)).toHaveLength(8);
    expect(world.api.stored(Secrets).map(({ metadata }) => metadata.name)).toContain(secret?.metadata.name);
  });

  it('restarts for an edit only whom it concerns, and leaves no old configuration behind', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    await passes(world, edited({ fileReservedTime: '48' }), 40);
    const changed = [...uids(world)].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(changed.toSorted()).toEqual(
      ['a', 'b'].flatMap((group) => [0, 1, 2].map((member) => `exchange-broker-${group}-${member}-0`)),
    );
    const revisions = new Set(
      world.api.stored(Pods).map(({ metadata }) => metadata.annotations?.[revisionAnnotation]),
    );
    expect(world.api.stored(Secrets)).toHaveLength(revisions.size + 1);
  });

  it('keeps running with the last valid settings, and says which key is wrong', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const pass = await passes(world, edited({ flushDiskTpye: 'x' }), 3);
    expect(uids(world)).toEqual(before);
    expect(pass.status.conditions?.find(({ type }) => type === 'ConfigValid')).toMatchObject({
      status: 'False',
      reason: 'UnknownKey',
    });
  });

  it('heals from a bad revision when the spec is corrected', async () => {
    const world = new World();
    for (const name of ['a', 'b'].flatMap((group) =>
      [0, 1, 2].map((n) => `exchange-broker-${group}-${n}-0`),
    )) {
      world.broken.add(name);
    }
    const bad = await passes(world, clusterOf({ image: 'no/such:image' }), 4);
    expect(bad.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'ImageUnavailable',
    });
    await passes(world, edited({}), 3);
    world.broken.clear();
    expect((await passes(world, edited({}), 40)).ready).toBe(true);
  });

  it('does not touch an object that belongs to somebody else', async () => {
    const world = new World();
    await world.api.create(Services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'exchange-broker', namespace: 'prod' },
    });
    const pass = await world.reconcile(clusterOf());
    expect(pass.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'ApiConflict',
    });
  });
});
