import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { DeclaredObject } from './kind.ts';
import { compareClaims, Roster } from './roster.ts';

interface Thing extends DeclaredObject {
  /** `cluster`: `namespace/name`, or a name in the object's own namespace. */
  readonly spec: { readonly cluster: string; readonly name: string };
}

function thing(
  name: string,
  spec: Thing['spec'],
  createdAt: number,
  leaving = false,
  namespace = 'n',
): Thing {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      namespace,
      name,
      creationTimestamp: new Date(createdAt * 1_000).toISOString(),
      ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec,
  };
}

const newRoster = () =>
  new Roster<Thing, undefined>(({ metadata, spec }) => {
    const clusterKey = spec.cluster.includes('/') ? spec.cluster : `${metadata.namespace}/${spec.cluster}`;
    return spec.name === ''
      ? { ok: false, clusterKey, message: 'no name' }
      : {
          ok: true,
          clusterKey,
          name: spec.name,
          adoption: 'Adopt',
          deletion: { kind: 'Retain' },
          desired: undefined,
        };
  });

describe('Roster', () => {
  it('gives a name to the first that declared it, and to the next when that one goes', () => {
    const roster = newRoster();
    const first = roster.set(thing('b', { cluster: 'c', name: 'T' }, 1));
    const second = roster.set(thing('a', { cluster: 'c', name: 'T' }, 2));
    expect(roster.owner(second).key).toBe('n/b');
    roster.set(thing('b', { cluster: 'c', name: 'T' }, 1, true));
    expect(roster.owner(second).key).toBe('n/a');
    roster.delete(first.key);
    expect(roster.owner(second).key).toBe('n/a');
    expect(roster.rivals(second)).toHaveLength(1);
  });

  it('breaks a tie by namespace and name', () => {
    const roster = newRoster();
    roster.set(thing('b', { cluster: 'c', name: 'T' }, 1));
    expect(roster.owner(roster.set(thing('a', { cluster: 'c', name: 'T' }, 1))).key).toBe('n/a');
  });

  it('gives a name of one cluster to one object of all namespaces, of those that may own it', () => {
    const roster = newRoster();
    const here = roster.set(thing('a', { cluster: 'c', name: 'T' }, 2));
    const there = roster.set(thing('a', { cluster: 'n/c', name: 'T' }, 1, false, 'other'));
    expect(roster.owner(here).key).toBe('other/a');
    expect(roster.owner(here, ({ key }) => key !== there.key).key).toBe('n/a');
    expect(roster.keysOfCluster('n/c')).toEqual(['n/a', 'other/a']);
    expect(roster.clustersElsewhere('other')).toEqual(new Set(['n/c']));
    expect(roster.clustersElsewhere('n')).toEqual(new Set());
  });

  it('knows no conflict between clusters, and none for what declares nothing', () => {
    const roster = newRoster();
    roster.set(thing('a', { cluster: 'c', name: 'T' }, 1));
    const other = roster.set(thing('b', { cluster: 'd', name: 'T' }, 2));
    const broken = roster.set(thing('z', { cluster: 'c', name: '' }, 0));
    expect(roster.owner(other).key).toBe('n/b');
    expect(roster.owner(broken).key).toBe('n/z');
    expect(roster.keysOfCluster('n/c')).toEqual(['n/a', 'n/z']);
  });

  it('has exactly one owner a name, the same whatever the order of arrival', () => {
    const things = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        claim: fc.constantFrom('T', 'U'),
        at: fc.nat(2),
        leaving: fc.boolean(),
      }),
      { selector: ({ name }) => name, minLength: 1 },
    );
    fc.assert(
      fc.property(things, fc.infiniteStream(fc.nat()), (items, noise) => {
        const objects = items.map(({ name, claim, at, leaving }) =>
          thing(name, { cluster: 'c', name: claim }, at, leaving),
        );
        const shuffled = objects
          .map((object) => ({ object, at: noise.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at);
        const owners = [objects, shuffled.map(({ object }) => object)].map((order) => {
          const roster = newRoster();
          for (const object of order) roster.set(object);
          return new Set(
            order
              .map((object) => roster.owner(roster.set(object)))
              .map(({ key, object }) => `${object.spec.name}:${key}`),
          );
        });
        expect(owners[0]).toEqual(owners[1]);
        expect(owners[0]?.size).toBe(new Set(items.map(({ claim }) => claim)).size);
        const best = objects.toSorted(compareClaims)[0];
        expect(owners[0]).toContain(`${best?.spec.name}:n/${best?.metadata.name}`);
      }),
    );
  });
});
