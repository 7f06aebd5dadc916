import { describe, expect, it } from '@jest/globals';
import { addFinalizer, finalize, removeFinalizer, withFinalizer, withoutFinalizer } from './finalizers.ts';
import { done, type Outcome } from './outcome.ts';
import { ConfigMaps } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';

const key = { namespace: 'ns', name: 'a' };
const bare = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key };
const MINE = 'example.dev/mine';

const never = (): Promise<Outcome> => Promise.reject(new Error('must not run'));

const withThese = (finalizers: readonly string[]) => ({ ...bare, metadata: { ...key, finalizers } });

describe('finalizers', () => {
  it('keep those of others and the same list when nothing changes', () => {
    const list = ['theirs', MINE];
    expect(withFinalizer(list, MINE)).toBe(list);
    expect(withFinalizer(['theirs'], MINE)).toEqual(list);
    expect(withFinalizer(undefined, MINE)).toEqual([MINE]);
    expect(withoutFinalizer(list, MINE)).toEqual(['theirs']);
    const others = ['theirs'];
    expect(withoutFinalizer(others, MINE)).toBe(others);
  });

  it('are written once', async () => {
    const api = new FakeApi();
    const object = await addFinalizer(api, ConfigMaps, await api.create(ConfigMaps, bare), MINE);
    expect(object.metadata.finalizers).toEqual([MINE]);
    expect(await addFinalizer(api, ConfigMaps, object, MINE)).toBe(object);
    expect(api.writes()).toHaveLength(2);
  });

  it('are not added to an object that is being deleted', async () => {
    const api = new FakeApi();
    await api.create(ConfigMaps, withThese(['theirs']));
    await api.delete(ConfigMaps, key);
    const [deleting] = api.stored(ConfigMaps);
    if (deleting === undefined) throw new Error('it is gone');
    expect(await addFinalizer(api, ConfigMaps, deleting, MINE)).toBe(deleting);
  });

  it('conflict when the object changed meanwhile, so that nobody else’s entry is lost', async () => {
    const api = new FakeApi();
    const stale = await api.create(ConfigMaps, bare);
    await addFinalizer(api, ConfigMaps, stale, 'theirs');
    await expect(addFinalizer(api, ConfigMaps, stale, MINE)).rejects.toMatchObject({ code: 'Conflict' });
    expect(api.stored(ConfigMaps)[0]?.metadata.finalizers).toEqual(['theirs']);
  });

  it('go only after the clean-up has succeeded', async () => {
    const api = new FakeApi();
    await api.create(ConfigMaps, withThese([MINE]));
    await api.delete(ConfigMaps, key);
    const run = (cleanUp: () => Promise<Outcome>): Promise<Outcome> => {
      const [object] = api.stored(ConfigMaps);
      if (object === undefined) throw new Error('it is gone');
      return finalize(api, ConfigMaps, object, MINE, cleanUp);
    };
    const wait: Outcome = { kind: 'Wait', reason: 'Draining', message: 'draining', pollMs: 1 };
    await expect(run(() => Promise.reject(new Error('clean-up failed')))).rejects.toThrow('clean-up failed');
    expect(await run(() => Promise.resolve(wait))).toBe(wait);
    expect(api.stored(ConfigMaps)).toHaveLength(1);
    expect(await run(() => Promise.resolve(done))).toBe(done);
    expect(api.stored(ConfigMaps)).toHaveLength(0);
  });

  it('are fine with an object that is gone already', async () => {
    const api = new FakeApi();
    const object = await addFinalizer(api, ConfigMaps, await api.create(ConfigMaps, bare), MINE);
    await removeFinalizer(api, ConfigMaps, object, MINE);
    await api.delete(ConfigMaps, key);
    await removeFinalizer(api, ConfigMaps, object, MINE);
    expect(await finalize(api, ConfigMaps, { ...object, metadata: key }, MINE, never)).toEqual(done);
  });
});
