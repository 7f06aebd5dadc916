import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checkRecord, type AppliedRow, type OrderRecord } from './record.ts';
import { effectOf, largestGap } from './gaps.ts';

const order = (
  clientOrderId: string,
  postedAt: number,
  ackedAt: number | undefined,
  user = 'u1',
): OrderRecord => ({
  clientOrderId,
  user,
  postedAt,
  ...(ackedAt === undefined ? {} : { ackedAt }),
  attempts: 1,
});
const row = (clientOrderId: string, position: number, user = 'u1'): AppliedRow => ({
  clientOrderId,
  user,
  position,
});

describe('checkRecord', () => {
  const record = [order('a', 0, 10), order('b', 20, 30), order('c', 40, undefined)];

  it.each<[string, readonly AppliedRow[], readonly string[]]>([
    ['all there, in order', [row('a', 1), row('b', 2), row('c', 3)], []],
    ['an unacknowledged order may be missing', [row('a', 1), row('b', 2)], []],
    ['an acknowledged order is missing', [row('b', 2)], ['Lost']],
    ['chosen', [row('a', 1), row('a', 2), row('b', 3)], ['Duplicate']],
    ['an unacknowledged order chosen', [row('a', 1), row('b', 3), row('c', 4), row('c', 5)], ['Duplicate']],
    ['swapped', [row('a', 2), row('b', 1)], ['Disorder']],
    ['nothing is overtaken', [row('a', 2), row('b', 3), row('c', 1)], ['Disorder', 'Disorder']],
    ['never posted', [row('a', 1), row('b', 2), row('x', 3)], ['Unknown']],
    ['with another user', [row('a', 1, 'u2'), row('b', 2)], ['WrongUser']],
  ])('%s', (_name, applied, kinds) => {
    expect(checkRecord(record, applied).map((violation) => violation.kind)).toEqual(kinds);
  });

  it('lets orders that overlapped in time be applied in either order', () => {
    const overlapping = [order('a', 0, 10), order('b', 5, 15)];
    expect(checkRecord(overlapping, [row('a', 1), row('b', 2)])).toEqual([]);
    expect(checkRecord(overlapping, [row('a', 2), row('b', 1)])).toEqual([]);
  });
});

/** A run of some users, each posting its orders one after another, all acknowledged and applied in order. */
const goodRun = fc
  .array(
    fc.array(fc.record({ pause: fc.integer({ min: 1, max: 50 }), takes: fc.integer({ min: 0, max: 500 }) }), {
      minLength: 2,
      maxLength: 12,
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((users) => {
    const record: OrderRecord[] = [];
    const applied: AppliedRow[] = [];
    for (const [index, steps] of users.entries()) {
      let now = 0;
      for (const [number, step] of steps.entries()) {
        const id = `${String(index)}-${String(number)}`;
        const postedAt = now + step.pause;
        now = postedAt + step.takes;
        record.push(order(id, postedAt, now, `u${String(index)}`));
        applied.push(row(id, number * 10, `u${String(index)}`));
      }
    }
    return { record, applied };
  });

/** A good run and one of its rows, chosen anew in every case. */
const goodRunAndRow = goodRun.chain((run) =>
  fc.constantFrom(...run.applied).map((chosen) => ({ run, chosen })),
);

describe('checkRecord, for every run', () => {
  it('accepts what kept its promise, however the rows are listed', () => {
    fc.assert(
      fc.property(
        goodRun.chain((run) =>
          fc.record({
            record: fc.constant(run.record),
            applied: fc.shuffledSubarray(run.applied, { minLength: run.applied.length }),
          }),
        ),
        ({ record, applied }) => {
          expect(checkRecord(record, applied)).toEqual([]);
        },
      ),
    );
  });

  it('finds every lost order, and names it', () => {
    fc.assert(
      fc.property(goodRunAndRow, ({ run, chosen }) => {
        const violations = checkRecord(
          run.record,
          run.applied.filter((one) => one !== chosen),
        );
        expect(violations).toEqual([
          { kind: 'Lost', clientOrderId: chosen.clientOrderId, user: chosen.user },
        ]);
      }),
    );
  });

  it('finds every duplicate', () => {
    fc.assert(
      fc.property(goodRunAndRow, fc.integer({ min: 0, max: 1000 }), ({ run, chosen }, position) => {
        const violations = checkRecord(run.record, [...run.applied, { ...chosen, position }]);
        expect(violations).toContainEqual({
          kind: 'Duplicate',
          clientOrderId: chosen.clientOrderId,
          user: chosen.user,
          times: 2,
        });
      }),
    );
  });

  it("finds every swap of two of a user's orders", () => {
    fc.assert(
      fc.property(goodRunAndRow, fc.nat(), ({ run, chosen }, other) => {
        const same = run.applied.filter((one) => one.user === chosen.user && one !== chosen);
        const [second = chosen] = same.slice(other % same.length);
        const swapped = run.applied.map((one) => {
          if (one === chosen) return { ...one, position: second.position };
          return one === second ? { ...one, position: chosen.position } : one;
        });
        const kinds = new Set(checkRecord(run.record, swapped).map((violation) => violation.kind));
        expect(kinds).toEqual(new Set(['Disorder']));
      }),
    );
  });
});

describe('gaps', () => {
  it('finds the longest silence between acknowledgements', () => {
    expect(largestGap([100, 250, 110, 900])).toEqual({ from: 250, lengthMs: 650 });
    expect(largestGap([100])).toBeUndefined();
  });

  it('says what clients saw of a fault', () => {
    const record = [
      order('before', 0, 10),
      { ...order('through', 90, 700), attempts: 3 },
      order('after', 120, 130),
    ];
    expect(effectOf(record, 100, 50)).toEqual({ firstAckMs: 30, slowestOrderMs: 610, retriedOrders: 1 });
  });
});
