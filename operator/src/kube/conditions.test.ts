import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  findCondition,
  isTrue,
  removeCondition,
  setCondition,
  toKubeTime,
  toMicroTime,
  type Condition,
} from './conditions.ts';

const ready = {
  type: 'Ready',
  status: 'True',
  reason: 'AllGood',
  message: '',
  observedGeneration: 1,
} as const;
const T1 = '2026-01-01T00:00:00Z';
const T2 = '2026-01-01T00:00:09Z';

describe('conditions', () => {
  it('move their transition time only when the status changes', () => {
    const first = setCondition([], ready, T1);
    const sameStatus = setCondition(first, { ...ready, reason: 'Other', observedGeneration: 2 }, T2);
    expect(sameStatus).toEqual([
      { ...ready, reason: 'Other', observedGeneration: 2, lastTransitionTime: T1 },
    ]);
    const changed = setCondition(sameStatus, { ...ready, status: 'False' }, T2);
    expect(findCondition(changed, 'Ready')?.lastTransitionTime).toBe(T2);
  });

  it('come back as the same array when nothing changed', () => {
    const list = setCondition([], ready, T1);
    expect(setCondition(list, ready, T2)).toBe(list);
    expect(removeCondition(list, 'Stalled')).toBe(list);
  });

  it('keep the order and the others', () => {
    const stalled = { ...ready, type: 'Stalled', status: 'False' } as const;
    const list = setCondition(setCondition<string, string>([], ready, T1), stalled, T1);
    const next = setCondition(list, { ...ready, status: 'Unknown' }, T2);
    expect(next.map((c) => c.type)).toEqual(['Ready', 'Stalled']);
    expect(removeCondition(next, 'Ready').map((c) => c.type)).toEqual(['Stalled']);
    expect(isTrue(list, 'Ready')).toBe(true);
    expect(isTrue(next, 'Ready')).toBe(false);
    expect(isTrue(undefined, 'Ready')).toBe(false);
  });

  it('hold one entry a type after any sequence, the last one written', () => {
    const anything = fc.record({
      type: fc.constantFrom('Ready', 'Stalled', 'Reconciling'),
      status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
      reason: fc.constantFrom('A', 'B'),
      message: fc.constantFrom('', 'm'),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 20 }), (sequence) => {
        let list: readonly Condition[] = [];
        sequence.forEach((next, second) => {
          list = setCondition(list, next, toKubeTime(second * 1_000));
        });
        const last = new Map<string, object>(sequence.map((next) => [next.type, next]));
        expect(list.length).toBe(last.size);
        for (const condition of list) expect(condition).toMatchObject(last.get(condition.type) ?? {});
      }),
    );
  });

  it('write times as the server wants them: seconds, or microseconds for leases and events', () => {
    expect(toKubeTime(Date.UTC(2026, 1, 3, 4, 5, 6, 789))).toBe('2026-02-03T04:05:06Z');
    expect(toMicroTime(Date.UTC(2026, 1, 3, 4, 5, 6, 789))).toBe('2026-02-03T04:05:06.789000Z');
  });
});
