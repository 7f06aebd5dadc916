import { describe, expect, it } from '@jest/globals';
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
import { ConfigMaps } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';

const key = { namespace: 'ns', name: 'a' };
const bare = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key };
const MINE = 'example.dev/mine';

describe('finalizers', () => {
  it('hold a deletion until they are taken off', async () => {
    const api = new FakeApi();
    const object = await api.create(ConfigMaps, bare);
    expect(hasFinalizer(object, MINE)).toBe(false);
    await addFinalizer(api, ConfigMaps, object, MINE);
    await api.delete(ConfigMaps, key);
    const [deleting] = api.stored(ConfigMaps);
    if (deleting === undefined) throw new Error('it is gone');
    expect(hasFinalizer(deleting, MINE)).toBe(true);
    await removeFinalizer(api, ConfigMaps, deleting);
    expect(api.stored(ConfigMaps)).toEqual([]);
  });

  it('are not put on another object of the name', async () => {
    const api = new FakeApi();
    const old = await api.create(ConfigMaps, bare);
    await api.delete(ConfigMaps, key);
    await api.create(ConfigMaps, bare);
    await expect(addFinalizer(api, ConfigMaps, old, MINE)).rejects.toMatchObject({ code: 'Invalid' });
    await removeFinalizer(api, ConfigMaps, old);
  });

  it('are taken off in vain from an object that is gone', async () => {
    const api = new FakeApi();
    const object = await api.create(ConfigMaps, bare);
    await api.delete(ConfigMaps, key);
    await removeFinalizer(api, ConfigMaps, object);
    expect(api.stored(ConfigMaps)).toEqual([]);
  });
});
