import { describe, expect, it } from '@jest/globals';
import type { ApplyOptions } from './api.ts';
import { Applier, ApplyConflictError } from './apply.ts';
import { KubeError } from './errors.ts';
import { hashOf, isContained } from './intent.ts';
import { silentLogger } from './logger.ts';
import { ConfigMaps, type ConfigMap } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';

const key = { namespace: 'ns', name: 'a' };
const intent = (data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...key, labels: { app: 'x' } },
  data,
});

const named = (name: string) => ({ ...intent({}), metadata: { namespace: 'ns', name } });

function setUp() {
  const api = new FakeApi();
  const applier = new Applier({ client: api, log: silentLogger });
  const observed = (): ConfigMap => {
    const [object] = api.stored(ConfigMaps);
    if (object === undefined) throw new Error('nothing stored');
    return object;
  };
  return { api, applier, observed };
}

describe('apply', () => {
  it('sends nothing when the intent was sent before and the object is as it was', async () => {
    const { api, applier, observed } = setUp();
    expect(await applier.apply(ConfigMaps, intent({ k: '1' }))).toMatchObject({
      changed: true,
      overridden: [],
    });
    const before = observed();
    const again = await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: before });
    expect(again).toEqual({ object: before, changed: false, overridden: [] });
    expect(api.writes()).toHaveLength(1);
  });

  it('sends nothing when others changed only fields of their own', async () => {
    const { api, applier, observed } = setUp();
    await applier.apply(ConfigMaps, intent({ k: '1' }));
    await api.mergePatch(ConfigMaps, key, {
      metadata: { annotations: { theirs: 'x' } },
      data: { other: '2' },
    });
    await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(api.writes()).toHaveLength(2);
  });

  it('repairs drift in declared fields', async () => {
    const { api, applier, observed } = setUp();
    await applier.apply(ConfigMaps, intent({ k: '1' }));
    await api.mergePatch(ConfigMaps, key, { data: { k: 'drifted' } });
    const { changed } = await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(changed).toBe(true);
    expect(observed().data).toEqual({ k: '1' });
    await api.mergePatch(ConfigMaps, key, { metadata: { labels: { app: null } } });
    await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(observed().metadata.labels).toEqual({ app: 'x' });
  });

  it('sends a changed intent, also when it only leaves out a field', async () => {
    const { api, applier, observed } = setUp();
    await applier.apply(ConfigMaps, intent({ k: '1', gone: '2' }));
    await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(api.writes()).toHaveLength(2);
  });

  it('asks the server about everything once after a start, and sees that nothing changed', async () => {
    const { api, applier, observed } = setUp();
    await applier.apply(ConfigMaps, intent({ k: '1' }));
    const restarted = new Applier({ client: api, log: silentLogger });
    const result = await restarted.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(result.changed).toBe(false);
    expect(api.writes()).toHaveLength(2);
    await restarted.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(api.writes()).toHaveLength(2);
  });

  it('applies anew to another object of the same name, and after forget', async () => {
    const { api, applier, observed } = setUp();
    await applier.apply(ConfigMaps, intent({ k: '1' }));
    await api.delete(ConfigMaps, key);
    await api.create(ConfigMaps, intent({ k: '1' }));
    await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(api.writes().filter(({ verb }) => verb === 'apply')).toHaveLength(2);
    applier.forget(ConfigMaps, key);
    await applier.apply(ConfigMaps, intent({ k: '1' }), { observed: observed() });
    expect(api.writes().filter(({ verb }) => verb === 'apply')).toHaveLength(3);
  });

  it('remembers no more than its cap', async () => {
    const api = new FakeApi();
    const applier = new Applier({ client: api, log: silentLogger, maxEntries: 2 });
    for (const name of ['a', 'b', 'c']) await applier.apply(ConfigMaps, named(name));
    for (const observed of api.stored(ConfigMaps)) {
      await applier.apply(ConfigMaps, named(observed.metadata.name), { observed });
    }
    expect(api.writes().map((call) => call.key)).toEqual(['ns/a', 'ns/b', 'ns/c', 'ns/a', 'ns/b', 'ns/c']);
  });
});

/** An API whose fields belong to somebody else until forced. */
class ContestedApi extends FakeApi {
  readonly forced: (boolean | undefined)[] = [];

  override apply: FakeApi['apply'] = async (type, object, options?: ApplyOptions) => {
    this.forced.push(options?.force);
    if (options?.force === true) return super.create(type, object, options);
    throw new KubeError('Conflict', 'Apply failed with 2 conflicts', {
      status: 409,
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-edit" using v1',
          field: '.data.k',
        },
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "helm" with subresource "status" using v1',
          field: '.data.l',
        },
      ],
    });
  };
}

describe('apply conflicts', () => {
  const conflicts = [
    { field: '.data.k', manager: 'kubectl-edit' },
    { field: '.data.l', manager: 'helm' },
  ];

  it('overrides, and says which fields of whom', async () => {
    const api = new ContestedApi();
    const warnings: object[] = [];
    const log = { ...silentLogger, warn: (fields: object) => warnings.push(fields) };
    const { overridden } = await new Applier({ client: api, log }).apply(ConfigMaps, intent({ k: '1' }));
    expect(overridden).toEqual(conflicts);
    expect(warnings).toEqual([{ object: 'ConfigMap ns/a', conflicts }]);
    expect(api.forced).toEqual([undefined, true]);
  });

  it('fails with the owners when it must not override', async () => {
    const api = new ContestedApi();
    const applying = new Applier({ client: api, log: silentLogger }).apply(ConfigMaps, intent({ k: '1' }), {
      onConflict: 'Fail',
    });
    const error: unknown = await applying.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApplyConflictError);
    expect(error).toMatchObject({ code: 'Conflict', conflicts });
    expect(String(error)).toContain('.data.k (kubectl-edit), .data.l (helm)');
    expect(api.forced).toEqual([undefined]);
  });
});

describe('the hash of an intent', () => {
  it('does not depend on the order of keys, nor on undefined members', () => {
    expect(hashOf({ a: 1, b: [{ c: 2, d: undefined }] })).toBe(hashOf({ b: [{ c: 2 }], a: 1 }));
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
    expect(hashOf({ a: '1' })).not.toBe(hashOf({ a: 1 }));
  });
});

describe('containment', () => {
  it.each([
    [{ a: 1 }, { a: 1, b: 2 }, true],
    [{ a: { b: 'x' } }, { a: { b: 'x', c: 'y' } }, true],
    [{ a: undefined }, {}, true],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2, c: 3 }] }, true],
    [{ a: [1] }, { a: [1, 2] }, false],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: {} }, { a: [] }, false],
    [{ a: null }, {}, false],
    [{ a: {} }, undefined, false],
  ])('of %j in %j is %s', (wanted, observed, expected) => {
    expect(isContained(wanted, observed)).toBe(expected);
  });
});
