import { describe, expect, it } from '@jest/globals';
import type { StatefulSet } from '../kube/mod.ts';
import { absences, absenceTroubles, lostPods } from './absence.ts';
import type { Children } from './children.ts';
import { brokerView } from './testing/groups.ts';

const gone = brokerView('a-1-0', { phase: 'Missing', healthy: false });
const there = brokerView('a-0-0');
const none = new Map<string, never>();
const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'a-1' } } as const;

function childrenWith(sets: readonly StatefulSet[]): Children {
  return {
    pods: none,
    statefulSets: new Map(sets.map((each) => [each.metadata.name, each])),
    deployments: none,
    services: none,
    secrets: none,
    disruptionBudgets: none,
    networkPolicies: none,
  };
}

describe('a missing pod', () => {
  it('is counted from when it was first missed, until it is there', () => {
    const first = absences([there, gone], new Map(), 1_000);
    expect([...first]).toEqual([['a-1-0', 1_000]]);
    expect([...absences([there, gone], first, 9_000)]).toEqual([['a-1-0', 1_000]]);
    expect([...absences([there, brokerView('a-1-0')], first, 9_000)]).toEqual([]);
    // The clock went back.
    expect([...absences([gone], first, 500)]).toEqual([['a-1-0', 500]]);
  });

  it('is lost after a while, which an eviction never takes', () => {
    const since = new Map([['a-1-0', 0]]);
    expect([...lostPods(since, 14_999)]).toEqual([]);
    expect([...lostPods(since, 15_000)]).toEqual(['a-1-0']);
  });

  it('is a trouble then, unless nobody was to make it', () => {
    const reasons = (member: typeof gone, sets: readonly StatefulSet[], nowMs: number): readonly string[] =>
      absenceTroubles([there, member], new Map([['a-1-0', 0]]), childrenWith(sets), nowMs).map(
        ({ reason }) => reason,
      );
    expect(reasons(gone, [set], 29_999)).toEqual([]);
    expect(reasons(gone, [set], 30_000)).toEqual(['PodNotMade']);
    expect(reasons(gone, [], 30_000)).toEqual([]);
    expect(reasons({ ...gone, fenced: true }, [set], 30_000)).toEqual([]);
  });
});
