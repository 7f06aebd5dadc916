import { describe, expect, it } from '@jest/globals';
import { Pods } from '../kube/mod.ts';
import { permissionOf } from './permission.ts';
import { passes, uids } from './testing/passes.ts';
import { clusterOf, edited } from './testing/specs.ts';
import { World } from './testing/world.ts';

describe('the master of a group', () => {
  it('tells of a failover and of its end, by events and by metrics, and of no hand-over', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    await passes(world, edited({ traceOn: 'false' }), 40);
    const told = (): readonly string[] =>
      world.events.filter((event) => /^(FailedOver|InSyncAgain) /.test(event));
    expect(world.rocketmq.elections).toHaveLength(2);
    expect(world.rocketmq.openedUnaware).toEqual([]);
    expect(told()).toEqual([]);
    world.nowMs += 60_000;
    await world.api.delete(Pods, { namespace: 'prod', name: 'exchange-broker-a-1-0' });
    await world.reconcile(edited({ traceOn: 'false' }));
    world.nowMs += 9_000;
    await passes(world, edited({ traceOn: 'false' }), 4);
    expect(told()).toEqual([
      'FailedOver broker-a: exchange-broker-a-0-0 was elected in the place of exchange-broker-a-1-0 (epoch 3)',
      'InSyncAgain broker-a: every member is in sync again, 9.0 s after the loss of its master',
    ]);
    const metrics = await world.registry.metrics();
    expect(metrics).toContain('gantry_failovers_total{cluster="prod/exchange"} 1');
    expect(metrics).toContain('gantry_failover_seconds_sum{cluster="prod/exchange",until="InSync"} 9');
  });

  it('goes to another version, and gives each heir what its master keeps before it takes over', async () => {
    const world = new World();
    await passes(world, clusterOf({ version: '5.4.0' }), 5);
    const master = world.rocketmq.metadataOf('exchange-broker-a-0-0');
    master.addTopic('orders');
    master.addGroup('risk');
    master.setOffset({ group: 'risk', topic: 'orders', queueId: 2, offset: 41 });
    const wanted = clusterOf({ version: '5.5.0' }, { generation: 2 });
    const pass = await passes(world, wanted, 60);
    expect(pass).toMatchObject({ ready: true, message: '' });
    expect(pass.status.version).toBe('5.5.0');
    expect(world.rocketmq.elections).toEqual([
      'broker-a → exchange-broker-a-1-0',
      'broker-b → exchange-broker-b-1-0',
    ]);
    const heir = world.rocketmq.metadataOf('exchange-broker-a-1-0');
    expect(heir.topics.has('orders')).toBe(true);
    expect(heir.offsetOf('risk', 'orders', 2)).toBe(41);
  });

  it('gives the replicas of a master of 5.5.0 its offsets, for a failover that nobody plans', async () => {
    const world = new World();
    const master = world.rocketmq.metadataOf('exchange-broker-a-0-0');
    const replica = world.rocketmq.metadataOf('exchange-broker-a-2-0');
    for (const each of [master, replica]) {
      each.addTopic('orders');
      each.addGroup('risk');
    }
    master.setOffset({ group: 'risk', topic: 'orders', queueId: 2, offset: 41 });
    await passes(world, clusterOf(), 5);
    expect(replica.offsetOf('risk', 'orders', 2)).toBeUndefined();
    world.nowMs += 60_000;
    await passes(world, clusterOf(), 1);
    expect(replica.offsetOf('risk', 'orders', 2)).toBe(41);
  });

  it('leaves a master open to sends when the controllers refuse to elect its heir', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    world.rocketmq.refusesElections = true;
    const changed = edited({ traceOn: 'true' });
    const waiting = await passes(world, changed, 14);
    expect(waiting).toMatchObject({ ready: false });
    expect(waiting.status.conditions?.find(({ type }) => type === 'Reconciling')).toMatchObject({
      reason: 'RollingOut',
      message: expect.stringContaining('; this failed and is tried again: CONTROLLER_ELECT_MASTER_FAILED'),
    });
    expect(world.rocketmq.elections).toEqual([]);
    expect(world.rocketmq.told.get('exchange-broker-a-0-0')?.get('brokerPermission')).toBe('6');
    world.rocketmq.refusesElections = false;
    expect(await passes(world, changed, 40)).toMatchObject({ ready: true });
    // Each of the attempts waits for what was let in before.
  }, 20_000);

  it('is left alone when the controllers have elected another one while it was to hand over', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    let last: Awaited<ReturnType<typeof passes>> | undefined;
    world.rocketmq.whenClosed = (pod) => {
      if (pod !== 'exchange-broker-a-0-0') return;
      world.rocketmq.whenClosed = undefined;
      world.rocketmq.elect('broker-a', 'exchange-broker-a-2-0');
    };
    const changed = edited({ traceOn: 'true' });
    for (let pass = 0; pass < 40 && world.rocketmq.whenClosed !== undefined; pass += 1) {
      await world.settle();
      last = await world.reconcile(changed);
    }
    expect(last?.status.conditions?.find(({ type }) => type === 'Reconciling')?.message).toContain(
      'broker-a has another master than exchange-broker-a-0-0 meanwhile',
    );
    expect(world.rocketmq.elections).toEqual([]);
    expect(await passes(world, changed, 40)).toMatchObject({ ready: true });
  });

  it('takes sends again when the controllers lose their leader before they are asked for its heir', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    world.rocketmq.whenClosed = () => {
      world.rocketmq.leaderless = true;
    };
    await passes(world, edited({ traceOn: 'true' }), 20);
    expect(world.rocketmq.leaderless).toBe(true);
    expect(world.rocketmq.elections).toEqual([]);
    expect(world.rocketmq.told.get('exchange-broker-a-0-0')?.get('brokerPermission')).toBe('6');
  });

  describe('whose pod is on its way out', () => {
    /** As a kubelet would, that has not yet ended its process. */
    async function stop(world: World, ...names: readonly string[]): Promise<void> {
      await passes(world, clusterOf(), 5);
      for (const name of names) {
        const key = { namespace: 'prod', name };
        await world.api.mergePatch(Pods, key, { metadata: { finalizers: ['kubelet'] } });
        await world.api.delete(Pods, key);
      }
      await passes(world, clusterOf(), 1);
    }

    it('hands over, for every group at once', async () => {
      const world = new World();
      await stop(world, 'exchange-broker-a-0-0', 'exchange-broker-b-0-0');
      expect(world.rocketmq.elections.toSorted()).toEqual([
        'broker-a → exchange-broker-a-1-0',
        'broker-b → exchange-broker-b-1-0',
      ]);
      expect(world.events).toContainEqual(expect.stringMatching(/^HandedOver .*, whose pod was deleted \(/));
    });

    it('does not wait for what its heir lacks, since that one takes over anyway', async () => {
      const world = new World();
      world.rocketmq.metadataOf('exchange-broker-a-0-0').addTopic('orders');
      world.rocketmq.metadataOf('exchange-broker-a-1-0').forgetsTopics = true;
      await stop(world, 'exchange-broker-a-0-0');
      expect(world.rocketmq.elections).toEqual(['broker-a → exchange-broker-a-1-0']);
    });
  });

  it('closes a deposed master before it restarts it: what it takes meanwhile is lost', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pod = 'exchange-broker-a-2-0';
    world.rocketmq.unheard.add(pod);
    world.rocketmq.told.set(pod, new Map([['brokerRole', 'SYNC_MASTER']]));
    const before = uids(world).get(pod);
    await passes(world, clusterOf(), 1);
    expect(world.rocketmq.told.get(pod)?.get('brokerPermission')).toBe('4');
    world.rocketmq.unheard.delete(pod);
    await passes(world, clusterOf(), 4);
    expect(uids(world).get(pod)).not.toBe(before);
  });

  it('opens a master that an operator closed which did not live to elect its heir', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pod = 'exchange-broker-a-0-0';
    world.rocketmq.told.set(pod, new Map([['brokerPermission', '4']]));
    const pass = await passes(world, clusterOf(), 1);
    expect(world.rocketmq.told.get(pod)?.get('brokerPermission')).toBe('6');
    expect(pass).toMatchObject({
      reason: 'WritesRefused',
      message: `group broker-a refuses every send: its master ${pod} is closed to writes`,
    });
    expect(await passes(world, clusterOf(), 1)).toMatchObject({ ready: true });
  });

  it('opens it also when the cluster was paused meanwhile, but not what a person closed', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const [ours, byHand] = ['exchange-broker-a-0-0', 'exchange-broker-b-0-0'];
    world.rocketmq.told.set(ours, new Map(permissionOf('Read')));
    world.rocketmq.told.set(byHand, new Map([['brokerPermission', '4']]));
    const cluster = clusterOf();
    const annotations = { 'rocketmq.gantry.dev/paused': 'true' };
    const pass = await passes(world, { ...cluster, metadata: { ...cluster.metadata, annotations } }, 2);
    expect(pass.message).toContain(`its master ${byHand} is closed to writes`);
    expect(pass.message).not.toContain(ours);
    expect(world.rocketmq.told.get(ours)?.get('brokerPermission')).toBe('6');
    expect(world.rocketmq.told.get(byHand)?.get('brokerPermission')).toBe('4');
  });

  it('keeps a master while its heir does not have everything, and says what is missing', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    world.rocketmq.metadataOf('exchange-broker-a-0-0').addTopic('orders');
    const heir = world.rocketmq.metadataOf('exchange-broker-a-1-0');
    heir.forgetsTopics = true;
    const changed = edited({ traceOn: 'true' });
    const waiting = await passes(world, changed, 40);
    expect(world.rocketmq.elections).toEqual([]);
    expect(waiting.status.conditions?.find(({ type }) => type === 'Reconciling')).toMatchObject({
      status: 'True',
      reason: 'HandOverWaits',
      message: expect.stringMatching(
        /^broker-a: exchange-broker-a-1-0 cannot take over from exchange-broker-a-0-0 yet: it lacks topic orders/,
      ),
    });
    // Left behind by an operator that was killed.
    const pod = 'exchange-broker-a-0-0';
    world.rocketmq.told.set(pod, new Map([['brokerPermission', '4']]));
    await passes(world, changed, 1);
    expect(world.rocketmq.told.get(pod)?.get('brokerPermission')).toBe('6');
    heir.forgetsTopics = false;
    expect(await passes(world, changed, 40)).toMatchObject({ ready: true, message: '' });
  });

  it('takes a master over whose log never rests, since what goes on to be written was nobody’s send', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    world.rocketmq.restless = 'exchange-broker-a-0-0';
    await passes(world, edited({ traceOn: 'true' }), 20);
    expect(world.rocketmq.elections).toContain('broker-a → exchange-broker-a-1-0');
  }, 30_000);
});
