import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { KubeError } from './errors.ts';
import { Informer } from './informer.ts';
import { silentLogger } from './logger.ts';
import { ConfigMaps, type ConfigMap } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';
import { keyOf } from './types.ts';

type Data = Readonly<Record<string, string>>;

function configMap(name: string, data: Data = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name }, data };
}

const fail = (): never => {
  throw new Error('cannot read that');
};

function watchAll(client: FakeApi, clock: ManualClock) {
  return new Informer<ConfigMap>({
    client,
    type: ConfigMaps,
    indexes: { color: (object) => (object.data?.['color'] === undefined ? [] : [object.data['color']]) },
    clock,
    random: () => 0.5,
    log: silentLogger,
  });
}

const names = fc.constantFrom('a', 'b', 'c', 'd');
const colors = fc.constantFrom('red', 'green', 'blue');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), name: names, color: colors }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), name: names }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recreate' as const), name: names, color: colors }) },
  { weight: 1, arbitrary: fc.constant({ do: 'close watches' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'break watches' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'expire history' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'bookmark' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass time' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fail next calls' as const),
      calls: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class World {
  readonly clock = new ManualClock();
  #failing = 0;
  readonly api = new FakeApi({
    before: () => {
      if (this.#failing === 0) return Promise.resolve();
      this.#failing -= 1;
      return Promise.reject(new KubeError('Network', 'injected'));
    },
  });
  /** The server side acts on its own API, which never fails. */
  async act(action: Step): Promise<void> {
    const failing = this.#failing;
    this.#failing = 0;
    switch (action.do) {
      case 'write':
        await this.api.apply(ConfigMaps, configMap(action.name, { color: action.color }));
        break;
      case 'delete':
        await this.api.delete(ConfigMaps, { namespace: 'ns', name: action.name });
        break;
      case 'recreate':
        await this.api.delete(ConfigMaps, { namespace: 'ns', name: action.name });
        await this.api.apply(ConfigMaps, configMap(action.name, { color: action.color }));
        break;
      case 'close watches':
        this.api.endWatches();
        break;
      case 'break watches':
        this.api.endWatches(new KubeError('Network', 'injected reset'));
        break;
      case 'expire history':
        this.api.endWatches();
        this.api.compact();
        break;
      case 'bookmark':
        this.api.bookmark();
        break;
      case 'fail next calls':
        this.#failing = failing + action.calls;
        return;
      case 'pass time':
        this.#failing = failing;
        await this.clock.advance(action.ms);
        return;
    }
    this.#failing = failing;
    if (action.do !== 'write') await settle();
  }
}

describe('an informer', () => {
  it('equals the server after any interleaving of changes, relists and failures', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        const informer = watchAll(world.api, world.clock);
        const mirror = new Map<string, ConfigMap>();
        const inconsistent: string[] = []; // an expectation that throws in a handler would be swallowed
        informer.onChange(({ type, object, previous }) => {
          const key = keyOf(object);
          // Handlers see a consistent history: nothing is added twice, changed or deleted before it was there.
          if (mirror.has(key) !== (type !== 'Added')) inconsistent.push(`${type} ${key}`);
          if (type === 'Updated' && mirror.get(key) !== previous) inconsistent.push(`${key} skipped a state`);
          if (type === 'Deleted') mirror.delete(key);
          else mirror.set(key, object);
        });
        const abort = new AbortController();
        const running = informer.run(abort.signal);
        for (const action of steps) await world.act(action);
        await world.clock.advance(120_000);

        expect(inconsistent).toEqual([]);
        const server = new Map(world.api.stored(ConfigMaps).map((object) => [keyOf(object), object]));
        expect(new Map(informer.store.list().map((o) => [keyOf(o), o]))).toEqual(server);
        expect(mirror).toEqual(server);
        for (const color of ['red', 'green', 'blue']) {
          const expected = [...server.values()].filter((o) => o.data?.['color'] === color).map(keyOf);
          expect(informer.store.byIndex('color', color).map(keyOf).toSorted()).toEqual(expected.toSorted());
        }
        abort.abort();
        await running;
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('tells a late handler what is there already', async () => {
    const clock = new ManualClock();
    const api = new FakeApi();
    await api.create(ConfigMaps, configMap('a'));
    const informer = watchAll(api, clock);
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    await informer.synced;
    const seen: string[] = [];
    informer.onChange((change) => seen.push(`${change.type} ${keyOf(change.object)}`));
    expect(seen).toEqual(['Added ns/a']);
    abort.abort();
    await running;
  });

  it('serves many handlers from one watch', async () => {
    const clock = new ManualClock();
    const api = new FakeApi();
    const informer = watchAll(api, clock);
    let heard = 0;
    for (let i = 0; i < 5; i += 1) informer.onChange(() => (heard += 1));
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    await informer.synced;
    await settle();
    await api.create(ConfigMaps, configMap('a'));
    await settle();
    expect(heard).toBe(5);
    expect(informer.status()).toMatchObject({ lists: 1, watches: 1, objects: 1, synced: true });
    abort.abort();
    await running;
  });

  it('keeps an object whose index or transform function throws', async () => {
    const api = new FakeApi();
    await api.create(ConfigMaps, configMap('a'));
    const informer = new Informer<ConfigMap>({
      client: api,
      type: ConfigMaps,
      indexes: { bad: fail },
      transform: fail,
      clock: new ManualClock(),
      random: () => 0,
      log: silentLogger,
    });
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    await informer.synced;
    expect(informer.store.get({ namespace: 'ns', name: 'a' })?.metadata.name).toBe('a');
    expect(informer.store.byIndex('bad', 'x')).toEqual([]);
    expect(() => informer.store.byIndex('undeclared', 'x')).toThrow(RangeError);
    abort.abort();
    await running;
  });

  it('runs once', async () => {
    const informer = watchAll(new FakeApi(), new ManualClock());
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    await expect(informer.run(abort.signal)).rejects.toThrow('runs already');
    abort.abort();
    await running;
  });
});
