/** Whole lives of a cluster with fixed masters. */
import { describe, expect, it } from '@jest/globals';
import type { Condition, RocketMQCluster, RocketMQClusterInput } from '../api/mod.ts';
import {
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Pods,
  Secrets,
  Services,
  StatefulSets,
  type ResourceType,
} from '../kube/mod.ts';
import { fencedAnnotation, rebuildAnnotation, roleLabel } from './labels.ts';
import type { Pass } from './reconcile.ts';
import { passes, uids } from './testing/passes.ts';
import { clusterOf } from './testing/specs.ts';
import { World } from './testing/world.ts';

const groups = [{ name: 'broker-a' }, { name: 'broker-b' }];
const fixed = (
  brokers: Partial<RocketMQClusterInput['brokers']> = {},
  metadata: Parameters<typeof clusterOf>[1] = {},
): RocketMQCluster => clusterOf({ brokers: { failover: 'Static', groups, ...brokers } }, metadata);

const conditionOf = ({ status }: Pass, type: string): Condition | undefined =>
  status.conditions?.find((each) => each.type === type);
const pod = (group: 'a' | 'b', member: number): string => `exchange-broker-${group}-${member}-0`;
const [master, one, two] = [pod('a', 0), pod('a', 1), pod('a', 2)];

const names = (objects: readonly { readonly metadata: { readonly name: string } }[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name).toSorted();

async function started(): Promise<World> {
  const world = new World();
  await passes(world, fixed(), 5);
  return world;
}

async function evict(world: World, name: string): Promise<void> {
  await world.api.delete(Pods, { namespace: 'prod', name });
}

describe('a cluster with fixed masters', () => {
  it('becomes Ready without a trace of controllers, and then writes nothing more', async () => {
    const world = new World();
    const last = await passes(world, fixed(), 5);
    expect(conditionOf(last, 'Ready')).toMatchObject({ status: 'True', reason: 'Reconciled' });
    expect(last.status.masters).toBe('2/2');
    expect(last.status.endpoints?.controllers).toEqual([]);
    expect(last.status.groups?.[0]).toEqual({
      name: 'broker-a',
      master,
      inSync: 3,
      members: [
        { name: master, role: 'Master', inSync: true, ready: true, version: '5.5.0' },
        { name: one, role: 'Replica', inSync: true, ready: true, version: '5.5.0' },
        { name: two, role: 'Replica', inSync: true, ready: true, version: '5.5.0' },
      ],
    });
    const children = [StatefulSets, Services, Secrets, PodDisruptionBudgets].flatMap((type: ResourceType) =>
      names(world.api.stored(type)),
    );
    expect(children.filter((name) => name.includes('controller'))).toEqual([]);
    expect(names(world.api.stored(Services))).toEqual([
      'exchange-broker',
      'exchange-broker-a-0',
      'exchange-broker-b-0',
      'exchange-nameserver',
      'exchange-proxy',
    ]);
    const labelled = world.api
      .stored(Pods)
      .filter(({ metadata }) => metadata.labels?.[roleLabel] === 'master');
    expect(names(labelled)).toEqual([master, pod('b', 0)]);
    const writes = world.api.writes().length;
    await world.reconcile(fixed());
    expect(world.api.writes()).toHaveLength(writes);
  });

  it('says why a group refuses sends when too few follow, and that it takes them again', async () => {
    const world = await started();
    world.rocketmq.detached.add(one);
    const spared = await passes(world, fixed(), 2);
    expect(spared).toMatchObject({ ready: false, urgent: false, reason: 'OutOfSync' });
    expect(conditionOf(spared, 'Ready')?.message).toBe(`${one} is not in sync with its master`);

    world.rocketmq.detached.add(two);
    const refused = await passes(world, fixed(), 2);
    expect(refused).toMatchObject({ ready: false, urgent: true, reason: 'WritesRefused' });
    expect(conditionOf(refused, 'Ready')?.message).toMatch(
      /^group broker-a refuses every send: 1 of 3 members in sync, the master included, and minInSyncReplicas is 2; /,
    );
    expect(refused.status.groups?.[0]).toMatchObject({ master, inSync: 1 });

    world.rocketmq.detached.clear();
    expect(await passes(world, fixed(), 2)).toMatchObject({ ready: true });
  });

  it('reports a master that is away, and elects nobody', async () => {
    const world = await started();
    world.broken.add(master);
    await evict(world, master);
    const away = await passes(world, fixed(), 4);
    expect(conditionOf(away, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ImageUnavailable',
      message: expect.stringMatching(
        `cannot get image .*; group broker-a takes no writes until its master ${master} is up`,
      ),
    });
    expect(away.status.groups?.[0]).toMatchObject({ master, inSync: 0 });
    // What a replica was last known to be stands: nobody can say otherwise.
    expect(away.status.groups?.[0]?.members[1]).toEqual({
      name: one,
      role: 'Replica',
      ready: true,
      version: '5.5.0',
    });
    expect(away.status.masters).toBe('1/2');
    expect(world.rocketmq.elections).toEqual([]);
    const roles = world.api.stored(Pods).map(({ metadata }) => [metadata.name, metadata.labels?.[roleLabel]]);
    expect(roles).toContainEqual([one, 'replica']);

    world.broken.clear();
    const back = await passes(world, fixed(), 4);
    expect(back).toMatchObject({ ready: true, message: '' });
    expect(back.status.groups?.[0]).toMatchObject({ master, inSync: 3 });
    expect(world.rocketmq.elections).toEqual([]);
  });

  it('says in the first place that a group without its master takes no writes', async () => {
    const world = await started();
    await evict(world, master);
    const away = await world.reconcile(fixed());
    const ready = conditionOf(away, 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'NoMaster' });
    expect(ready?.message).toBe(
      `group broker-a takes no writes until its master ${master} is up: with failover Static no other member is ever elected; ${master} does not exist`,
    );
    expect(conditionOf(away, 'Reconciling')?.status).toBe('True');
    expect(conditionOf(away, 'Stalled')?.status).toBe('False');
  });

  it('rolls a change over replicas first and their master last, and hands nothing over', async () => {
    const world = await started();
    const before = uids(world);
    const changed = fixed({ config: { traceOn: 'false' } }, { generation: 2 });
    const done = await passes(world, changed, 60);
    expect(done).toMatchObject({ ready: true, message: '' });
    const restarts = world.events.flatMap(
      (event) => /^Restarted Pod (\S+): (.*)$/.exec(event)?.slice(1) ?? [],
    );
    const order = restarts.filter((_, index) => index % 2 === 0);
    expect(order).toEqual([one, two, master, pod('b', 1), pod('b', 2), pod('b', 0)]);
    expect(restarts[5]).toBe('ConfigChanged: traceOn; its group takes no writes until it is back');
    expect(restarts[1]).toBe('ConfigChanged: traceOn');
    expect(
      [...uids(world)].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name),
    ).toHaveLength(6);
    expect(world.events.filter((event) => event.startsWith('HandedOver'))).toEqual([]);
    expect(world.rocketmq.elections).toEqual([]);
  });

  it('closes a master that has lost messages, says so, and opens it when everybody follows it again', async () => {
    const world = await started();
    world.rocketmq.ahead.add(one);
    const lost = await world.reconcile(fixed());
    expect(conditionOf(lost, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Diverged',
      message: expect.stringMatching(
        `^${one} has what its master ${master} lacks: its log ends 7 bytes beyond`,
      ),
    });
    expect(world.rocketmq.told.get(master)?.get('brokerPermission')).toBe('4');
    const closed = await passes(world, fixed(), 3);
    expect(conditionOf(closed, 'Ready')?.reason).toBe('Diverged');
    expect(world.events.filter((event) => event.startsWith('Closed'))).toHaveLength(1);
    // Nobody is made anew, nor restarted: a person has to say what can be lost.
    expect(world.events.filter((event) => /^(Rebuilt|Restarted)/.test(event))).toEqual([]);

    await world.api.delete(PersistentVolumeClaims, { namespace: 'prod', name: `store-${one}` });
    await evict(world, one);
    const healed = await passes(world, fixed(), 6);
    expect(healed).toMatchObject({ ready: true, message: '' });
    expect(world.rocketmq.told.get(master)?.get('brokerPermission')).toBe('6');
    expect(world.events.filter((event) => event.startsWith('Opened'))).toHaveLength(1);
  });

  it('keeps a master down while an annotation says so, and its group waits', async () => {
    const world = await started();
    const fenced = fixed({}, { annotations: { [fencedAnnotation]: master } });
    const pass = await passes(world, fenced, 4);
    expect(uids(world).has(master)).toBe(false);
    expect(conditionOf(pass, 'Stalled')).toMatchObject({ status: 'True', reason: 'Fenced' });
    expect(conditionOf(pass, 'Warnings')?.message).toMatch(/Group broker-a takes no writes until then\.$/);
    expect(pass.status.masters).toBe('1/2');
    expect(world.rocketmq.elections).toEqual([]);
    expect(await passes(world, fixed(), 6)).toMatchObject({ ready: true });
  });

  it('never makes the volume of a master anew', async () => {
    const world = await started();
    const claims = world.api.stored(PersistentVolumeClaims);
    const annotations = { [rebuildAnnotation]: `${master}@2026-01-01T12:00:00Z` };
    const pass = await passes(world, fixed({}, { annotations }), 3);
    expect(conditionOf(pass, 'Warnings')).toMatchObject({ status: 'True', reason: 'RebuildRefused' });
    expect(world.api.stored(PersistentVolumeClaims)).toEqual(claims);
  });
});
