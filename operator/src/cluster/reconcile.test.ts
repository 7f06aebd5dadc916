import { describe, expect, it } from '@jest/globals';
import type { RocketMQCluster } from '../api/mod.ts';
import { Deployments, PersistentVolumeClaims, Pods, Secrets, Services, StatefulSets } from '../kube/mod.ts';
import { revisionAnnotation, roleLabel } from './labels.ts';
import { passes, uids } from './testing/passes.ts';
import { clusterOf, edited } from './testing/specs.ts';
import { World } from './testing/world.ts';

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
    expect(last.status.groups?.[0]).toMatchObject({ master: 'exchange-broker-a-0-0', epoch: 1, inSync: 3 });
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
    await passes(world, edited({ traceOn: 'false' }), 40);
    const changed = [...uids(world)].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(changed.toSorted()).toEqual(
      ['a', 'b'].flatMap((group) => [0, 1, 2].map((member) => `exchange-broker-${group}-${member}-0`)),
    );
    const revisions = new Set(
      world.api.stored(Pods).map(({ metadata }) => metadata.annotations?.[revisionAnnotation]),
    );
    expect(world.api.stored(Secrets)).toHaveLength(revisions.size + 1);
    // Each group is handed over once, before its master stops.
    expect(world.rocketmq.elections).toEqual([
      'broker-a → exchange-broker-a-1-0',
      'broker-b → exchange-broker-b-1-0',
    ]);
  });

  it('makes a pod that it ended from the new revision also while its own view of pods lags behind', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const change = edited({ traceOn: 'false' });
    const revision = () =>
      world.api.stored(StatefulSets).find(({ metadata }) => metadata.name === 'exchange-broker-a-1')?.spec
        ?.template.metadata?.annotations?.[revisionAnnotation];
    const old = revision();
    let before = world.api.stored(Pods);
    while (world.api.stored(Pods).length === before.length) {
      await world.settle();
      before = world.api.stored(Pods);
      await world.reconcile(change);
    }
    const ended = before.filter(({ metadata }) => !uids(world).has(metadata.name));
    expect(ended.map(({ metadata }) => metadata.name)).toEqual(['exchange-broker-a-1-0']);
    const target = revision();
    expect(target).not.toBe(old);

    world.stalePods = before;
    await world.reconcile(change);
    await world.reconcile(change);
    expect(revision()).toBe(target);

    world.stalePods = undefined;
    const last = await passes(world, change, 40);
    expect(last.ready).toBe(true);
    expect(
      world.events.filter((event) => event.startsWith('Restarted Pod exchange-broker-a-1-0')),
    ).toHaveLength(1);
  });

  it('takes a live setting over without a restart, into running brokers and into the files of later ones', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const live = edited({ fileReservedTime: '48', slaveReadEnable: 'true' });
    const first = await world.reconcile(live);
    expect(first).toMatchObject({ ready: false, reason: 'ApplyingSettings' });
    expect(first.status.pendingRestart).toBeUndefined();
    expect(world.events.filter((event) => event.startsWith('SettingsPushed'))).toContain(
      'SettingsPushed exchange-broker-a-0-0: fileReservedTime, slaveReadEnable, without a restart',
    );
    expect((await passes(world, live, 3)).ready).toBe(true);
    expect(uids(world)).toEqual(before);
    expect(world.rocketmq.told.get('exchange-broker-b-2-0')).toEqual(
      new Map([
        ['fileReservedTime', '48'],
        ['slaveReadEnable', 'true'],
      ]),
    );
    const writes = world.api.writes().length;
    await world.reconcile(live);
    expect(world.api.writes()).toHaveLength(writes);

    // An eviction: it comes back with the setting, and nobody has to tell it.
    await world.api.delete(Pods, { namespace: 'prod', name: 'exchange-broker-a-1-0' });
    expect((await passes(world, live, 4)).ready).toBe(true);
    expect(world.rocketmq.told.has('exchange-broker-a-1-0')).toBe(false);

    // Out of the spec again: RocketMQ's default.
    expect((await passes(world, edited({}), 4)).ready).toBe(true);
    expect(world.rocketmq.told.get('exchange-broker-a-1-0')?.get('fileReservedTime')).toBe('72');
    expect(world.rocketmq.told.get('exchange-broker-b-2-0')?.get('slaveReadEnable')).toBe('false');
  });

  it('restarts for the other setting of an edit, with the live one in force at once', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const both = edited({ fileReservedTime: '48', traceOn: 'false' });
    const first = await world.reconcile(both);
    expect(first.status.pendingRestart?.[0]).toMatchObject({
      message: expect.stringMatching(/^For traceOn\./),
    });
    expect(world.rocketmq.told.get('exchange-broker-b-2-0')?.get('fileReservedTime')).toBe('48');
    // One that is evicted before its turn comes back as it was, and is told again.
    await world.api.delete(Pods, { namespace: 'prod', name: 'exchange-broker-b-2-0' });
    await world.settle();
    expect(world.rocketmq.told.has('exchange-broker-b-2-0')).toBe(false);
    await world.reconcile(both);
    expect(world.rocketmq.told.get('exchange-broker-b-2-0')?.get('fileReservedTime')).toBe('48');
    expect((await passes(world, both, 60)).ready).toBe(true);
    expect(world.rocketmq.told.size).toBe(0);
  });

  it('takes back what was changed by hand, and tells of what it cannot', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    world.rocketmq.told.set(
      'exchange-broker-a-2-0',
      new Map([
        ['deleteWhen', '12'],
        ['flushDiskType', 'ASYNC_FLUSH'],
      ]),
    );
    const pass = await world.reconcile(clusterOf());
    expect(world.events).toContain(
      'DriftRepaired exchange-broker-a-2-0: deleteWhen had been changed by hand, and is as in the spec again',
    );
    expect(pass.status.conditions?.find(({ type }) => type === 'Warnings')).toMatchObject({
      status: 'True',
      reason: 'ConfigDrift',
      message: expect.stringMatching(/^exchange-broker-a-2-0 runs with another flushDiskType /),
    });
    const next = await world.reconcile(clusterOf());
    expect(next.ready).toBe(true);
    expect(world.rocketmq.told.get('exchange-broker-a-2-0')?.get('deleteWhen')).toBe('04');
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

  it('makes replicas that cannot follow their master anew, one after the other', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const lost = ['exchange-broker-b-1-0', 'exchange-broker-b-2-0'];
    for (const pod of lost) world.rocketmq.diverged.add(pod);
    const first = await world.reconcile(clusterOf());
    expect(first).toMatchObject({ ready: false, urgent: true, reason: 'OutOfSync' });
    const gone = world.api.writes().flatMap(({ verb, key }) => (verb === 'delete' ? [key] : []));
    // The claim before the pod, which would come back with it otherwise.
    expect(gone).toEqual(['prod/store-exchange-broker-b-1-0', 'prod/exchange-broker-b-1-0']);
    expect(await passes(world, clusterOf(), 8)).toMatchObject({ ready: true, message: '' });
    const changed = [...uids(world)].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(changed.toSorted()).toEqual(lost);
  });

  it('says what Kubernetes forbids, and that it is for a person to mend', async () => {
    const world = new World();
    world.forbidden = 'poddisruptionbudgets';
    const pass = await world.reconcile(clusterOf());
    expect(pass.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Forbidden',
      message: 'Kubernetes forbids it: exceeded quota',
    });
  });

  it('refuses a version that it cannot become, and goes on with what runs', async () => {
    const world = new World();
    const running = (await passes(world, clusterOf(), 5)).status;
    const before = uids(world);
    const back: RocketMQCluster = { ...clusterOf({ version: '5.4.0' }, { generation: 2 }), status: running };
    const pass = await passes(world, back, 5);
    expect(pass.status.conditions?.find(({ type }) => type === 'ConfigValid')).toMatchObject({
      status: 'False',
      reason: 'VersionStepRefused',
      message: expect.stringContaining('5.4.0 cannot read the consumer offsets'),
    });
    expect(pass.status.version).toBe('5.5.0');
    expect(uids(world)).toEqual(before);
    await world.api.delete(Pods, { namespace: 'prod', name: 'exchange-broker-a-1-0' });
    await passes(world, back, 5);
    expect(world.readyPods()).toHaveLength(12);
  });

  it('changes nothing while it is paused, says what is left to do, and then does it', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const paused = (annotations?: Readonly<Record<string, string>>): RocketMQCluster => {
      const cluster = edited({ traceOn: 'false' });
      return { ...cluster, metadata: { ...cluster.metadata, ...(annotations && { annotations }) } };
    };
    const writes = world.api.writes().length;
    const pass = await passes(world, paused({ 'rocketmq.gantry.dev/paused': 'true' }), 3);
    const settled = world.api.writes().slice(writes);
    expect(settled.filter(({ resource, verb }) => resource === 'pods' && verb === 'delete')).toEqual([]);
    expect(settled.filter(({ verb }) => verb === 'apply' || verb === 'create')).toEqual([]);
    expect(pass.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Paused',
    });
    expect(pass.status.pendingRestart?.[0]).toMatchObject({
      reason: 'ConfigChanged',
      message: 'For traceOn. It waits: the cluster is paused.',
    });
    expect(uids(world)).toEqual(before);
    expect((await passes(world, paused(), 40)).ready).toBe(true);
  });

  it('says of proxies, too, that they are left to do while it is paused', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const cluster = clusterOf({ proxy: { replicas: 2, config: { grpcThreadPoolNums: '4' } } });
    const annotations = { 'rocketmq.gantry.dev/paused': 'true' };
    const paused = { ...cluster, metadata: { ...cluster.metadata, annotations } };
    const pass = await passes(world, paused, 3);
    expect(pass.ready).toBe(false);
    expect(pass.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Paused',
      message: expect.stringContaining('exchange-proxy still runs an older revision'),
    });
    expect((await passes(world, cluster, 40)).ready).toBe(true);
  });

  it('restarts everything that is older than a person wants it to be, once', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const annotations = { 'rocketmq.gantry.dev/restart-before': '2026-01-01T12:00:00Z' };
    const asked = clusterOf({}, { annotations });
    world.podsMadeAt = '2026-01-01T12:00:01Z';
    const first = await world.reconcile(asked);
    expect(first.status.pendingRestart?.[0]).toMatchObject({ reason: 'Requested' });
    expect((await passes(world, asked, 60)).message).toBe('');
    const again = uids(world);
    expect([...again].filter(([name, uid]) => before.get(name) === uid)).toEqual([]);
    await passes(world, asked, 3);
    expect(uids(world)).toEqual(again);
  });

  it('keeps a change for a maintenance window, works on meanwhile, and says how far it is', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const before = uids(world);
    const changed = (schedule: string): RocketMQCluster =>
      clusterOf({
        image: 'registry/rocketmq:5.5.0',
        maintenanceWindows: [{ schedule, durationMinutes: 60 }],
      });
    // It is midnight on 2 January.
    const held = await passes(world, changed('0 1 * * *'), 3);
    expect(uids(world)).toEqual(before);
    expect(held).toMatchObject({ ready: false, held: { opensAtMs: Date.UTC(2026, 0, 2, 1) } });
    expect(held.status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'WaitingForWindow',
      message:
        '12 members and the proxies run an older revision, and the next maintenance window opens at 2026-01-02T01:00:00Z',
    });
    expect(held.status.rollout).toMatchObject({
      changes: 'ImageChanged: the image',
      progress: '0/12',
      step: 'Waiting',
    });
    const writes = world.api.writes().length;
    await world.reconcile(changed('0 1 * * *'));
    expect(world.api.writes()).toHaveLength(writes);

    const opened = await passes(world, changed('0 0 * * *'), 80);
    expect(opened.message).toBe('');
    expect(opened.status.rollout).toBeUndefined();
    expect([...uids(world)].filter(([name, uid]) => before.get(name) === uid)).toEqual([]);
  });

  it('keeps a change of the proxies for it also while there are more or fewer of them than there should be', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const maintenanceWindows = [{ schedule: '0 1 * * *', durationMinutes: 60 }];
    const changed = (replicas: number): RocketMQCluster =>
      clusterOf({ maintenanceWindows, image: 'registry/rocketmq:5.5.0', proxy: { replicas } });
    for (const replicas of [3, 1]) {
      const pass = await passes(world, changed(replicas), 3);
      expect(pass.message).toContain('the proxies run an older revision');
      const [proxies] = world.api.stored(Deployments);
      expect(proxies?.spec?.replicas).toBe(replicas);
      expect(proxies?.spec?.template.spec?.containers[0]?.image).toBe('apache/rocketmq:5.5.0');
    }
  });

  it('goes on with the last windows that can be read, and says which one cannot', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pass = await world.reconcile(
      clusterOf({ maintenanceWindows: [{ schedule: '0 25 * * *', durationMinutes: 60 }] }),
    );
    expect(pass.status.conditions?.find(({ type }) => type === 'ConfigValid')).toMatchObject({
      status: 'False',
      reason: 'InvalidValue',
      message: expect.stringContaining('spec.maintenanceWindows[0].schedule 0 25 * * * is no schedule'),
    });
  });

  it('brings an evicted member back as it was while another one fails with the new revision', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pods = world.api.stored(Pods).map(({ metadata }) => metadata.name);
    const imageOf = (name: string): string | undefined =>
      world.api.stored(Pods).find(({ metadata }) => metadata.name === name)?.spec?.containers[0]?.image;
    const bad = clusterOf({ image: 'no/such:image' });
    world.broken.add('exchange-nameserver-0');
    const stalled = await passes(world, bad, 4);
    expect(stalled.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'ImageUnavailable',
    });
    expect(pods.filter((name) => imageOf(name) === 'no/such:image')).toEqual(['exchange-nameserver-0']);
    for (const evicted of ['exchange-broker-a-1-0', 'exchange-nameserver-2']) {
      await world.api.delete(Pods, { namespace: 'prod', name: evicted });
      await world.reconcile(bad);
      await passes(world, bad, 3);
      expect(imageOf(evicted)).toBe(imageOf('exchange-broker-b-1-0'));
    }
    world.broken.clear();
    expect((await passes(world, clusterOf(), 10)).message).toBe('');
    expect(imageOf('exchange-nameserver-0')).toBe(imageOf('exchange-nameserver-1'));
  });

  it('keeps a broker down while an annotation says so, after handing its group over, and keeps its volume', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pod = 'exchange-broker-a-0-0';
    const fenced = clusterOf({}, { annotations: { 'rocketmq.gantry.dev/fenced': pod } });
    const claims = world.api.stored(PersistentVolumeClaims);
    const pass = await passes(world, fenced, 6);
    expect(world.rocketmq.elections).toEqual(['broker-a → exchange-broker-a-1-0']);
    expect(uids(world).has(pod)).toBe(false);
    expect(world.api.stored(PersistentVolumeClaims)).toEqual(claims);
    const conditions = new Map(pass.status.conditions?.map((each) => [each.type, each]));
    expect(conditions.get('Warnings')).toMatchObject({ status: 'True', reason: 'Fenced' });
    expect(conditions.get('Stalled')).toMatchObject({ status: 'True', reason: 'Fenced' });
    expect(pass.status.groups?.[0]?.members[0]).toMatchObject({ name: pod, fenced: true });
    const writes = world.api.writes().length;
    await world.reconcile(fenced);
    expect(world.api.writes()).toHaveLength(writes);
    expect(await passes(world, clusterOf(), 6)).toMatchObject({ ready: true });
    expect(uids(world).has(pod)).toBe(true);
  });

  it('makes the volume of a broker anew on request, once', async () => {
    const world = new World();
    await passes(world, clusterOf(), 5);
    const pod = 'exchange-broker-a-0-0';
    const annotations = { 'rocketmq.gantry.dev/rebuild': `${pod}@2026-01-01T12:00:00Z` };
    const asked = clusterOf({}, { annotations });
    const claimOf = (): string | undefined =>
      world.api.stored(PersistentVolumeClaims).find(({ metadata }) => metadata.name === `store-${pod}`)
        ?.metadata.uid;
    const [before, claim] = [uids(world), claimOf()];
    world.podsMadeAt = '2026-01-01T12:00:01Z';
    const first = await world.reconcile(asked);
    expect(first.status.conditions?.find(({ type }) => type === 'Warnings')).toMatchObject({
      status: 'True',
      reason: 'Rebuilding',
    });
    expect(await passes(world, asked, 8)).toMatchObject({ ready: true });
    expect(world.rocketmq.elections).toEqual(['broker-a → exchange-broker-a-1-0']);
    expect(claimOf()).not.toBe(claim);
    const changed = [...uids(world)].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(changed).toEqual([pod]);
    const writes = world.api.writes().length;
    await passes(world, asked, 3);
    expect(
      world.api
        .writes()
        .slice(writes)
        .filter(({ verb }) => verb === 'delete'),
    ).toEqual([]);
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
