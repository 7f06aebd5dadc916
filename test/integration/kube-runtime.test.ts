import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import {
  addFinalizer,
  Applier,
  ApplyConflictError,
  ConfigMaps,
  EventRecorder,
  Events,
  Informer,
  KubeClient,
  keyOf,
  LeaderElector,
  Leases,
  Namespaces,
  ownerReference,
  removeFinalizer,
  Secrets,
  silentLogger,
  StatefulSets,
  systemClock,
  type ConfigMap,
  type KubeObject,
  type ObjectKey,
} from '../../operator/src/kube/mod.ts';

/** What only a real API server can show. Needs KUBECONFIG; makes and removes its own namespace. */
const namespace = `kube-runtime-${randomUUID().slice(0, 8)}`;
const kubeConfig = new KubeConfig();
let client: KubeClient;
const aborts: AbortController[] = [];

beforeAll(async () => {
  kubeConfig.loadFromDefault();
  client = newClient('gantry');
  await client.create(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

afterAll(async () => {
  await client.delete(Namespaces, { namespace: '', name: namespace });
  await client.close();
});

function newClient(fieldManager: string): KubeClient {
  return new KubeClient({ kubeConfig, fieldManager });
}

function aborting(): AbortSignal {
  const abort = new AbortController();
  aborts.push(abort);
  return abort.signal;
}

function configMap(name: string, data: Readonly<Record<string, string>>, metadata: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, labels: { suite: namespace }, ...metadata },
    data,
  };
}

const keyIn = (name: string): ObjectKey => ({ namespace, name });

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await systemClock.sleep(20);
  }
}

async function present(name: string): Promise<ConfigMap> {
  const object = await client.get(ConfigMaps, keyIn(name));
  if (object === undefined) throw new Error(`${name} is gone`);
  return object;
}

describe('server-side apply', () => {
  it('keeps the resourceVersion when nothing differs, for children that the server fills with defaults', async () => {
    const intent = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { namespace, name: 'member' },
      spec: {
        serviceName: 'member',
        replicas: 0,
        selector: { matchLabels: { app: 'member' } },
        template: {
          metadata: { labels: { app: 'member' } },
          spec: {
            containers: [
              { name: 'c', image: 'none', resources: { limits: { memory: '1024Mi', cpu: '1000m' } } },
            ],
          },
        },
      },
    };
    await client.apply(StatefulSets, intent);
    // On a whole cluster the StatefulSet controller writes its status once.
    const settled = async (): Promise<boolean> => {
      const before = await client.get(StatefulSets, keyIn('member'));
      await systemClock.sleep(500);
      const after = await client.get(StatefulSets, keyIn('member'));
      return after?.metadata.resourceVersion === before?.metadata.resourceVersion;
    };
    await until('nobody writes the StatefulSet', settled);
    const first = await client.apply(StatefulSets, intent);
    const second = await client.apply(StatefulSets, intent);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const restarted = new Applier({ client, log: silentLogger });
    expect(await restarted.apply(StatefulSets, intent, { observed: first })).toMatchObject({
      changed: false,
    });
  });

  it('reports which manager owns which field, and takes it over or fails as asked', async () => {
    const other = newClient('somebody-else');
    await other.apply(ConfigMaps, configMap('contested', { mine: 'theirs', free: 'x' }));
    const applier = new Applier({ client, log: silentLogger });
    const intent = configMap('contested', { mine: 'ours' });
    const conflict = { field: '.data.mine', manager: 'somebody-else' };
    const error: unknown = await applier
      .apply(ConfigMaps, intent, { onConflict: 'Fail' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApplyConflictError);
    expect(error).toMatchObject({ conflicts: [conflict] });
    const { object, overridden } = await applier.apply(ConfigMaps, intent);
    expect(overridden).toEqual([conflict]);
    expect(object.data).toEqual({ mine: 'ours', free: 'x' });
    await other.close();
  });

  it('repairs drift, leaves foreign fields alone and removes what is declared no more', async () => {
    const applier = new Applier({ client, log: silentLogger });
    await applier.apply(ConfigMaps, configMap('drift', { a: '1', b: '2' }));
    await client.mergePatch(ConfigMaps, keyIn('drift'), { data: { a: 'drifted', foreign: 'kept' } });
    const observed = await present('drift');
    const repaired = await applier.apply(ConfigMaps, configMap('drift', { a: '1', b: '2' }), { observed });
    expect(repaired).toMatchObject({ changed: true, object: { data: { a: '1', b: '2', foreign: 'kept' } } });
    const { object } = await applier.apply(ConfigMaps, configMap('drift', { a: '1' }), {
      observed: repaired.object,
    });
    expect(object.data).toEqual({ a: '1', foreign: 'kept' });
  });

  it('shows no value of a refused Secret', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: 'refused' },
      data: { password: { nested: 'open-sesame' } },
    };
    const error: unknown = await client.apply(Secrets, secret).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'KubeError' });
    expect(JSON.stringify(error) + String(error)).not.toContain('sesame');
  });
});

describe('an informer', () => {
  it('pages, sees every change, and goes on after its history has been forgotten', async () => {
    const many = Array.from({ length: 30 }, (_, i) => configMap(`many-${i}`, {}));
    await Promise.all(many.map((object) => client.apply(ConfigMaps, object)));
    const informer = new Informer<ConfigMap>({
      client,
      type: ConfigMaps,
      namespace,
      labelSelector: `suite=${namespace}`,
      indexes: { color: (object) => (object.data?.['color'] === undefined ? [] : [object.data['color']]) },
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    const changes: string[] = [];
    informer.onChange(({ type, object }) => {
      if (object.metadata.name === 'watched') changes.push(type);
    });
    const running = informer.run(aborting());
    await informer.synced;
    expect(informer.store.list().filter((o) => o.metadata.name.startsWith('many-'))).toHaveLength(30);
    expect(informer.store.list()[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    await client.apply(ConfigMaps, configMap('watched', { color: 'red' }));
    await until('it is added', () => informer.store.byIndex('color', 'red').length === 1);
    await client.apply(ConfigMaps, configMap('watched', { color: 'blue' }));
    await until('it is updated', () => informer.store.byIndex('color', 'blue').length === 1);
    // Losing the label is a deletion for a watch that selects by it.
    await client.mergePatch(ConfigMaps, keyIn('watched'), { metadata: { labels: { suite: null } } });
    await until('it is deleted', () => changes.length === 3);
    expect(changes).toEqual(['Added', 'Updated', 'Deleted']);
    expect(informer.store.get(keyIn('watched'))).toBeUndefined();
    for (const abort of aborts.splice(0)) abort.abort();
    await running;
  });
});

describe('leader election', () => {
  it('lets one of two lead, and the other at once when the first stops', async () => {
    const events: string[] = [];
    const launch = (identity: string) => {
      const stop = new AbortController();
      aborts.push(stop);
      const elector = new LeaderElector({
        client,
        namespace,
        name: 'lock',
        identity,
        retryPeriodMs: 200,
        clock: systemClock,
        random: Math.random,
        log: silentLogger,
      });
      const running = elector.run(
        {
          onStarted: async (signal) => {
            events.push(`${identity} starts`);
            const { promise, resolve } = Promise.withResolvers<void>();
            signal.addEventListener('abort', () => resolve(), { once: true });
            await promise;
            events.push(`${identity} ends`);
          },
          onLost: () => events.push(`${identity} lost`),
        },
        stop.signal,
      );
      return { elector, running, stop };
    };
    const a = launch('a');
    await until('a leads', () => a.elector.isLeader());
    const b = launch('b');
    await until('b has seen the lease', () => b.elector.holder() === 'a');
    expect(b.elector.isLeader()).toBe(false);
    a.stop.abort();
    expect(await a.running).toBe('Stopped');
    const releasedAt = performance.now();
    await until('b leads', () => b.elector.isLeader());
    expect(performance.now() - releasedAt).toBeLessThan(8_000); // the lease itself would last 15 s
    const lease = await client.get(Leases, keyIn('lock'));
    expect(lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(lease?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    b.stop.abort();
    await b.running;
    expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
  });
});

describe('finalizers and owners', () => {
  it('hold a deletion until they are taken off, beside those of others and whatever was edited', async () => {
    const finalizer = 'rocketmq.gantry.dev/test';
    const theirs = 'example.dev/theirs';
    await client.create(ConfigMaps, configMap('held', {}));
    const stale = await present('held');
    await client.mergePatch(ConfigMaps, keyIn('held'), { metadata: { finalizers: [theirs] } });
    await addFinalizer(client, ConfigMaps, stale, finalizer);
    await addFinalizer(client, ConfigMaps, stale, finalizer);
    expect((await present('held')).metadata.finalizers).toEqual([theirs, finalizer]);
    expect(await client.delete(ConfigMaps, keyIn('held'))).toBe(true);
    expect((await present('held')).metadata.deletionTimestamp).toBeDefined();
    await expect(
      removeFinalizer(
        client,
        ConfigMaps,
        { ...stale, metadata: { ...stale.metadata, finalizers: [finalizer] } },
        finalizer,
      ),
    ).rejects.toMatchObject({ code: 'Conflict' });
    await removeFinalizer(client, ConfigMaps, await present('held'), finalizer);
    expect((await present('held')).metadata.finalizers).toEqual([theirs]);
    await expect(addFinalizer(client, ConfigMaps, stale, finalizer)).rejects.toMatchObject({
      code: 'Invalid',
    });
    await client.mergePatch(ConfigMaps, keyIn('held'), { metadata: { finalizers: null } });
    expect(await client.get(ConfigMaps, keyIn('held'))).toBeUndefined();
  });

  it('are taken off also by who did not put them on', async () => {
    const finalizer = 'rocketmq.gantry.dev/test';
    const metadata = { namespace, name: 'copied', finalizers: [finalizer] };
    await newClient('somebody').create(ConfigMaps, { ...configMap('copied', {}), metadata });
    await client.delete(ConfigMaps, keyIn('copied'));
    await removeFinalizer(client, ConfigMaps, await present('copied'), finalizer);
    expect(await client.get(ConfigMaps, keyIn('copied'))).toBeUndefined();
  });

  it('conflict when the object moved on, and by uid when it is another', async () => {
    await client.create(ConfigMaps, configMap('moving', {}));
    const stale = await present('moving');
    await client.mergePatch(ConfigMaps, keyIn('moving'), { data: { moved: 'yes' } });
    await expect(client.replace(ConfigMaps, { ...stale })).rejects.toMatchObject({ code: 'Conflict' });
    const uid = '00000000-0000-0000-0000-000000000000';
    await expect(client.delete(ConfigMaps, keyIn('moving'), { uid })).rejects.toMatchObject({
      code: 'Conflict',
    });
    // An apply that names a uid makes no object, and changes no other one.
    await expect(client.apply(ConfigMaps, configMap('gone', {}, { uid }))).rejects.toMatchObject({
      code: 'Conflict',
    });
    await expect(client.apply(ConfigMaps, configMap('moving', {}, { uid }))).rejects.toMatchObject({
      code: 'Invalid',
      causes: expect.arrayContaining([expect.objectContaining({ field: 'metadata.uid' })]),
    });
    expect(await client.get(ConfigMaps, keyIn('gone'))).toBeUndefined();
  });

  it('are accepted as owner references', async () => {
    const owner = await client.create<ConfigMap>(ConfigMaps, configMap('owner', {}));
    const child = await client.apply(
      ConfigMaps,
      configMap('child', {}, { ownerReferences: [ownerReference(owner)] }),
    );
    expect(child.metadata.ownerReferences).toEqual([ownerReference(owner)]);
  });
});

describe('events', () => {
  it('are accepted, and repeated ones become a series', async () => {
    const subject: KubeObject = await client.create(ConfigMaps, configMap('subject', {}));
    const recorder = new EventRecorder({
      client,
      source: { controller: 'rocketmq.gantry.dev/operator', instance: 'test' },
      // Counts are written once a minute: a clock whose timers are a hundred times faster.
      clock: {
        ...systemClock,
        setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / 100),
      },
      random: Math.random,
      log: silentLogger,
    });
    const signal = aborting();
    const running = recorder.run(signal);
    const event = { type: 'Warning', reason: 'Tested', action: 'Test', note: '€'.repeat(1_000) } as const;
    const mine = async () => {
      const { items } = await client.list(Events, { namespace });
      return items.filter((item) => item.regarding?.name === 'subject');
    };
    recorder.record(subject, event);
    await until('the event is there', async () => (await mine()).length === 1);
    for (let i = 0; i < 4; i += 1) recorder.record(subject, event);
    await until('the series is there', async () => (await mine())[0]?.series?.count === 5);
    expect(await mine()).toMatchObject([
      {
        reason: 'Tested',
        action: 'Test',
        type: 'Warning',
        regarding: { kind: 'ConfigMap', uid: subject.metadata.uid },
      },
    ]);
    expect(keyOf(subject)).toBe(`${namespace}/subject`);
    for (const abort of aborts.splice(0)) abort.abort();
    await running;
  });
});
