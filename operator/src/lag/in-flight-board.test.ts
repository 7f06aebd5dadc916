import { describe, expect, it } from '@jest/globals';
import { InFlightBoard } from './in-flight-board.ts';

const known = { kind: 'Known', counts: new Map([['g', 3]]) } as const;

describe('InFlightBoard', () => {
  it('has what was heard last, of the groups of which it was heard', () => {
    const board = new InFlightBoard({ monotonicMs: () => 0 });
    board.heard('n/c', { kind: 'Known', counts: new Map([['g', 7]]) });
    board.heard('n/c', known);
    expect([board.of('n/c', 'g'), board.of('n/c', 'other'), board.of('n/other', 'g')]).toEqual([
      3,
      undefined,
      undefined,
    ]);
  });

  it('does not know what brokers did not say, what is old, and what was forgotten', () => {
    let nowMs = 0;
    const board = new InFlightBoard({ monotonicMs: () => nowMs });
    board.heard('n/silent', { kind: 'Unknown', why: 'broker-a: no answer' });
    board.heard('n/old', known);
    board.heard('n/gone', known);
    board.forget('n/gone');
    nowMs = 150_001;
    expect(['n/silent', 'n/old', 'n/gone'].map((cluster) => board.of(cluster, 'g'))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
