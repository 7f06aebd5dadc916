import { describe, expect, it } from '@jest/globals';
import type { DeclaredStatus, Verdict } from './kind.ts';
import { isSettled, nextStatus } from './status.ts';

const naming = { noun: 'topic', nameField: 'topicName', places: 'Masters' } as const;
const at = '2026-01-01T00:00:00Z';
const later = '2026-01-02T00:00:00Z';
type Judged = Exclude<Verdict, { kind: 'Deferred' }>;
const next = (status: DeclaredStatus | undefined, verdict: Judged, groups?: readonly string[], time = at) =>
  nextStatus(status, 1, { verdict, confirmedOn: groups }, naming, 'T', time);

describe('nextStatus', () => {
  const cases: readonly (readonly [Judged, readonly string[]])[] = [
    [{ kind: 'Ready' }, ['Ready=True Reconciled']],
    [
      { kind: 'Pending', reason: 'NotRouted', message: 'm', unknown: false },
      ['Ready=False NotRouted', 'Reconciling=True NotRouted'],
    ],
    [
      { kind: 'Pending', reason: 'BrokerUnreachable', message: 'm', unknown: true },
      ['Ready=Unknown BrokerUnreachable', 'Reconciling=True BrokerUnreachable'],
    ],
    [
      { kind: 'Waiting', reason: 'ClusterNotFound', message: 'm' },
      ['Ready=False ClusterNotFound', 'Reconciling=True ClusterNotFound'],
    ],
    [
      { kind: 'Rejected', reason: 'Conflict', message: 'm' },
      ['Ready=False Conflict', 'Stalled=True Conflict'],
    ],
  ];
  it.each(cases)('%o', (verdict, conditions) => {
    const status = next(undefined, verdict);
    expect(status.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)).toEqual(
      conditions,
    );
    expect(status.observedGeneration).toBe(1);
  });

  it('is the very same object when nothing changed, whatever the time', () => {
    const status = next(undefined, { kind: 'Ready' }, ['b', 'a']);
    expect(next(status, { kind: 'Ready' }, ['a', 'b'], later)).toBe(status);
  });

  it('moves the transition time with the status only', () => {
    const ready = next(undefined, { kind: 'Ready' });
    const second = nextStatus(ready, 2, { verdict: { kind: 'Ready' }, confirmedOn: [] }, naming, 'T', later);
    expect(second.conditions?.[0]).toMatchObject({ lastTransitionTime: at, observedGeneration: 2 });
    const broken = next(ready, { kind: 'Rejected', reason: 'Conflict', message: 'm' }, undefined, later);
    expect(broken.conditions?.[0]?.lastTransitionTime).toBe(later);
  });

  it('drops Stalled and Reconciling once Ready', () => {
    const stalled = next(undefined, { kind: 'Rejected', reason: 'Conflict', message: 'm' });
    expect(next(stalled, { kind: 'Ready' }).conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });

  it('keeps the last known groups while nobody answers', () => {
    const ready = next(undefined, { kind: 'Ready' }, ['a']);
    const verdict: Judged = { kind: 'Pending', reason: 'MasterUnknown', message: 'm', unknown: true };
    expect(next(ready, verdict, undefined)).toMatchObject({ groups: ['a'], topicName: 'T' });
  });

  it('keeps a group whose master alone does not answer, unless it was of another spec', () => {
    const ready = next(undefined, { kind: 'Ready' }, ['a', 'b']);
    const verdict: Judged = { kind: 'Pending', reason: 'BrokerUnreachable', message: 'm', unknown: true };
    const finding = { verdict, confirmedOn: ['a'], unheardOn: ['b', 'c'] };
    expect(nextStatus(ready, 1, finding, naming, 'T', at).groups).toEqual(['a', 'b']);
    expect(nextStatus(ready, 2, finding, naming, 'T', at).groups).toEqual(['a']);
    expect(nextStatus(ready, 1, { ...finding, unheardOn: [] }, naming, 'T', at).groups).toEqual(['a']);
    const edited = nextStatus(ready, 2, { verdict, confirmedOn: undefined }, naming, 'T', at);
    expect(edited.groups).toEqual([]);
    expect(nextStatus(edited, 2, finding, naming, 'T', at).groups).toEqual(['a']);
  });
});

const object = (generation: number) => ({
  apiVersion: 'v1',
  kind: 'Topic',
  metadata: { name: 'x', generation },
  spec: {},
});

describe('isSettled', () => {
  it('needs Ready for the generation as it stands', () => {
    const ready = next(undefined, { kind: 'Ready' });
    expect(isSettled(object(1), ready)).toBe(true);
    expect(isSettled(object(2), ready)).toBe(false);
    expect(isSettled(object(1), undefined)).toBe(false);
  });
});
