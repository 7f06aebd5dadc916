import { describe, expect, it } from '@jest/globals';
import { Doubts } from './doubts.ts';

describe('Doubts', () => {
  let nowMs = 0;
  const doubts = (): Doubts => {
    nowMs = 0;
    return new Doubts({ monotonicMs: () => nowMs }, 35_000);
  };

  it('leave Ready objects Ready for a while, from the first of them on', () => {
    const own = doubts();
    expect(own.note('n/c', true)).toBe(true);
    nowMs = 34_999;
    expect(own.note('n/c', true)).toBe(true);
    nowMs = 35_000;
    expect([own.note('n/c', true), own.holds('n/c'), own.holds('n/d')]).toEqual([false, false, true]);
  });

  it('begin anew once nobody had any', () => {
    const own = doubts();
    own.note('n/c', true);
    nowMs = 60_000;
    expect([own.note('n/c', false), own.note('n/c', true)]).toEqual([true, true]);
  });
});
