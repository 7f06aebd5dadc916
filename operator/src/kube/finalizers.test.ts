import { describe, expect, it } from '@jest/globals';
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
import { ConfigMaps, type ConfigMap } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';

const key = { namespace: 'ns', name: 'a' };
const bare = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key };
const MINE = 'example.dev/mine';
const THEIRS = 'example.dev/theirs';

const withThese = (finalizers: readonly string[]) => ({ ...bare, metadata: { ...key, finalizers } });

function only(api: FakeApi): ConfigMap {
  const [object] = api.stored(ConfigMaps);
  if (object === undefined) throw new Error('it is gone');
  return object;
}

describe('finalizers', () => {
  it('hold a deletion until they are taken off', async () => {
    const api = new FakeApi();
    const object = await api.create(ConfigMaps, bare);
    expect(hasFinalizer(object, MINE)).toBe(false);
    await addFinalizer(api, ConfigMaps, object, MINE);
    await api.delete(ConfigMaps, key);
    expect(hasFinalizer(only(api), MINE)).toBe(true);
    await removeFinalizer(api, ConfigMaps, only(api), MINE);
    expect(api.stored(ConfigMaps)).toEqual([]);
  });

  it('are not put on another object of the name', async () => {
    const api = new FakeApi();
    const old = await api.create(ConfigMaps, bare);
    await api.delete(ConfigMaps, key);
    await api.create(ConfigMaps, bare);
    await expect(addFinalizer(api, ConfigMaps, old, MINE)).rejects.toMatchObject({ code: 'Invalid' });
  });

  it('are taken off beside those of others, and not from an object that has moved on', async () => {
    const api = new FakeApi();
    const stale = await api.create(ConfigMaps, withThese([THEIRS, MINE]));
    await api.mergePatch(ConfigMaps, key, { data: { moved: 'yes' } });
    await expect(removeFinalizer(api, ConfigMaps, stale, MINE)).rejects.toMatchObject({ code: 'Conflict' });
    await removeFinalizer(api, ConfigMaps, only(api), MINE);
    expect(only(api).metadata.finalizers).toEqual([THEIRS]);
  });

  it('are taken off in vain from an object that is gone', async () => {
    const api = new FakeApi();
    const object = await api.create(ConfigMaps, withThese([MINE]));
    await api.mergePatch(ConfigMaps, key, { metadata: { finalizers: [] } });
    await api.delete(ConfigMaps, key);
    await removeFinalizer(api, ConfigMaps, object, MINE);
    expect(api.stored(ConfigMaps)).toEqual([]);
  });
});
