import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checkGroups, checkLane, isClean, type Verdict } from './check.ts';
import { formatLine, readLanes, type Lane, type Line } from './lines.ts';
import { plantDuplicate, plantLoss, plantReordering, proveChecker } from './plant.ts';

const nothing: Verdict = {
  lost: [],
  beyond: [],
  disordered: [],
  invented: [],
  undelivered: [],
  withdrawn: [],
  repeated: [],
};

/** A lane whose log holds `log`, read to its end; `unknown` says how many sends of a number had no answer. */
function laneOf(
  log: readonly number[],
  unknown: Readonly<Record<number, number>> = {},
  rest: Partial<Lane> = {},
): Lane {
  const stored = log.map((sequence, offset) => ({ offset, sequence }));
  const acknowledged = [1, 2, 3, 4, 5].map((sequence) => {
    const lostAnswers = unknown[sequence] ?? 0;
    return { sequence, unknown: lostAnswers, at: sequence * 10, attempts: 1 + lostAnswers };
  });
  return { group: 'g', queue: 0, acknowledged, unfinished: [], delivered: stored, stored, ...rest };
}

describe('checkLane', () => {
  const all = [1, 2, 3, 4, 5];

  it.each<[string, Lane, Partial<Verdict>]>([
    ['a whole log', laneOf(all), {}],
    ['a loss', laneOf([1, 2, 4, 5]), { lost: [3] }],
    ['a loss at the end', laneOf([1, 2, 3]), { lost: [4, 5] }],
    ['an empty log', laneOf([]), { lost: all }],
    ['a copy that an unanswered send explains', laneOf([1, 2, 2, 3, 4, 5], { 2: 1 }), { repeated: [2] }],
    ['a late copy of an unanswered send', laneOf([1, 2, 3, 4, 2, 5], { 2: 1 }), { repeated: [2] }],
    ['a copy that nothing explains', laneOf([1, 2, 2, 3, 4, 5]), { beyond: [2] }],
    ['one copy too many', laneOf([1, 2, 2, 2, 3, 4, 5], { 2: 1 }), { beyond: [2] }],
    ['a swapped pair', laneOf([1, 3, 2, 4, 5]), { disordered: [2] }],
    ['a number that nobody sent', laneOf([...all, 9]), { invented: [9] }],
    [
      'an unfinished send that was stored',
      laneOf([...all, 6], {}, { unfinished: [{ sequence: 6, unknown: 1 }] }),
      {},
    ],
    [
      'an unfinished send that was only refused, and yet stored',
      laneOf([...all, 6], {}, { unfinished: [{ sequence: 6, unknown: 0 }] }),
      { beyond: [6] },
    ],
    [
      'a message that no consumer was given',
      laneOf(all, {}, { delivered: [1, 2, 4, 5].map((sequence) => ({ offset: sequence - 1, sequence })) }),
      { undelivered: [3] },
    ],
    [
      'a message that was given out and taken back',
      laneOf(
        [1, 2, 3, 4, 5, 7],
        {},
        {
          unfinished: [
            { sequence: 6, unknown: 1 },
            { sequence: 7, unknown: 1 },
          ],
          delivered: [1, 2, 3, 4, 5, 6].map((sequence) => ({ offset: sequence - 1, sequence })),
        },
      ),
      { withdrawn: [6] },
    ],
  ])('%s', (_what, lane, found) => {
    expect(checkLane(lane)).toEqual({ ...nothing, ...found });
  });
});

/** A run without any fault: unanswered sends may have left copies, right away or late. */
const goodLane = fc
  .array(fc.record({ unknown: fc.nat(3), stored: fc.nat(3), late: fc.boolean() }), {
    minLength: 8,
    maxLength: 40,
  })
  .map((sends): Lane => {
    const log: number[] = [];
    const late: number[] = [];
    for (const [index, send] of sends.entries()) {
      const copies = Array.from({ length: Math.min(send.unknown, send.stored) }, () => index + 1);
      log.push(index + 1, ...(send.late ? [] : copies));
      if (send.late) late.push(...copies);
    }
    // Two neighbours without copies, for plants that need them.
    const tail = [sends.length + 1, sends.length + 2];
    const stored = [...log, ...tail, ...late].map((sequence, offset) => ({ offset, sequence }));
    const acknowledged = [...sends.map(({ unknown }) => unknown), 0, 0].map((unknown, index) => ({
      sequence: index + 1,
      unknown,
      at: index,
      attempts: 1 + unknown,
    }));
    return { group: 'g', queue: 0, acknowledged, unfinished: [], delivered: stored, stored };
  });

describe('a planted fault in any good log', () => {
  it('is found, and nothing else is', () => {
    fc.assert(
      fc.property(goodLane, (lane) => {
        const { repeated, ...faults } = checkLane(lane);
        const { repeated: _, ...none } = nothing;
        expect(faults).toEqual(none);
        expect(repeated.every((sequence) => (lane.acknowledged[sequence - 1]?.unknown ?? 0) > 0)).toBe(true);
        for (const { lane: planted, finding, sequence } of [
          plantLoss(lane),
          plantDuplicate(lane),
          plantReordering(lane),
        ]) {
          const { repeated: _still, ...found } = checkLane(planted);
          expect(found).toEqual({ ...none, [finding]: [sequence] });
        }
        expect(proveChecker([lane]).map(({ found }) => found)).toEqual([true, true, true]);
      }),
    );
  });

  it('is found beside faults that are there already', () => {
    const broken = laneOf([1, 2, 4, 5, 9]);
    expect(proveChecker([broken]).map(({ finding, found }) => [finding, found])).toEqual([
      ['lost', true],
      ['beyond', true],
      ['disordered', true],
    ]);
  });

  it('needs a log to be planted in', () => {
    expect(() => proveChecker([])).toThrow('no lane');
    expect(() => proveChecker([laneOf([])])).toThrow('no two neighbours');
  });
});

describe('checkGroups', () => {
  it('adds up the lanes of a group and names what it found', () => {
    const lanes = [laneOf([1, 2, 4, 5]), { ...laneOf([1, 2, 2, 3, 4, 5], { 2: 1 }), queue: 1 }];
    const [verdict] = checkGroups(lanes);
    expect(verdict).toMatchObject({
      group: 'g',
      sends: 11,
      acknowledged: 10,
      examples: { lost: ['0/3'] },
      lostAt: [30],
    });
    expect(verdict?.counts).toMatchObject({ lost: 1, beyond: 0, repeated: 1 });
    expect(verdict !== undefined && isClean(verdict)).toBe(false);
    expect(checkGroups([laneOf([1, 2, 3, 4, 5])]).every((one) => isClean(one))).toBe(true);
  });
});

describe('the lines of a record', () => {
  const lane = { group: 'broker-a', queue: 3 };
  const lines: readonly Line[] = [
    { type: 'A', ...lane, sequence: 1, unknown: 2, at: 1_700_000_000_000, attempts: 4 },
    { type: 'U', ...lane, sequence: 2, unknown: 1 },
    { type: 'D', ...lane, offset: 0, sequence: 1 },
    { type: 'F', ...lane, offset: 0, sequence: 1 },
  ];

  it('are read as they were written', () => {
    expect(readLanes(lines.map((line) => formatLine(line)).join('\n'))).toEqual([
      {
        ...lane,
        acknowledged: [{ sequence: 1, unknown: 2, at: 1_700_000_000_000, attempts: 4 }],
        unfinished: [{ sequence: 2, unknown: 1 }],
        delivered: [{ offset: 0, sequence: 1 }],
        stored: [{ offset: 0, sequence: 1 }],
      },
    ]);
  });

  it.each(['A broker-a 0 1', 'X broker-a 0 1 2', 'D broker-a 0 1 x', 'F broker-a'])('refuse %j', (line) => {
    expect(() => readLanes(line)).toThrow('not a line of a record');
  });
});
