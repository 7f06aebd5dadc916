import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { learnedOf, learnedStatus } from './learned.ts';
import type { Learned } from './model.ts';

const atMs = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000);
const partial = <T>(arbitrary: fc.Arbitrary<T>, key: string) =>
  fc.option(arbitrary).map((value) => (value === null ? {} : { [key]: value }));
const learned: fc.Arbitrary<Learned> = fc
  .tuple(
    partial(
      fc.record({
        perReplica: fc.integer({ min: 1, max: 999 }).map((thousandth) => thousandth / 1_000),
        samples: fc.nat(99),
        templateHash: fc.string(),
        measuredAtMs: atMs,
      }),
      'serviceRate',
    ),
    partial(fc.nat(600_000), 'startupMs'),
    partial(fc.record({ replicas: fc.nat(99), untilAtMs: atMs, holdMs: fc.nat() }), 'cap'),
    partial(atMs, 'idleSinceAtMs'),
  )
  .map((parts) => Object.assign({}, ...parts));

describe('what was learned', () => {
  it('comes back from a status as it was', () => {
    fc.assert(
      fc.property(learned, (each) => {
        expect(learnedOf({ learned: learnedStatus(each) })).toEqual(each);
      }),
    );
  });

  it('is nothing without a status', () => expect(learnedOf(undefined)).toEqual({}));

  it('has the last scale of the status, whoever it was', () => {
    const lastScale = { time: '2026-11-29T08:00:00Z', from: 4, to: 2, reason: 'Spare' };
    expect(learnedOf({ lastScale })).toEqual({
      lastScale: { atMs: Date.parse('2026-11-29T08:00:00Z'), replicas: 2, up: false },
    });
  });
});
