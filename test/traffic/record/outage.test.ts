import { describe, expect, it } from '@jest/globals';
import { acknowledgements, outageOf } from './outage.ts';

describe('outageOf', () => {
  const times = [100, 110, 120, 500, 510, 520];

  it('finds the silence around a fault and its end', () => {
    expect(outageOf(times, 115, 400)).toEqual({ silenceMs: 380, firstWriteMs: 385 });
  });

  it('finds one that begins only some time after the fault', () => {
    expect(outageOf(times, 105, 505)).toEqual({ silenceMs: 380, firstWriteMs: 395 });
  });

  it('finds none where acknowledgements go on', () => {
    expect(outageOf(times, 501, 515)).toEqual({ silenceMs: 10, firstWriteMs: 9 });
  });

  it('is unknown when nothing was acknowledged afterwards', () => {
    expect(outageOf(times, 520, 900)).toBeUndefined();
    expect(outageOf([], 1, 2)).toBeUndefined();
  });
});

it('merges the lanes of a group in the order of time', () => {
  const lane = (queue: number, at: readonly number[]) => ({
    group: 'g',
    queue,
    acknowledged: at.map((each, index) => ({ sequence: index + 1, unknown: 0, at: each, attempts: 1 })),
    unfinished: [],
    delivered: [],
    stored: [],
  });
  expect(acknowledgements([lane(0, [1, 5]), lane(1, [3])])).toEqual(new Map([['g', [1, 3, 5]]]));
});
