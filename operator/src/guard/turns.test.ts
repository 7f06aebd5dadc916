import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { turnAtMostMs, Turns } from './turns.ts';

describe('the health of a guard', () => {
  it('is good while both loops turn', async () => {
    const clock = new ManualClock();
    const turns = new Turns(clock);
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(turnAtMostMs);
      expect(turns.health()).toEqual({ healthy: true });
      turns.turned('look');
      turns.turned('ask');
    }
  });

  it.each(['look', 'ask'] as const)('is bad when only %s turns', async (loop) => {
    const clock = new ManualClock();
    const turns = new Turns(clock);
    await clock.advance(turnAtMostMs);
    turns.turned(loop);
    await clock.advance(1_000);
    const other = loop === 'look' ? 'ask' : 'look';
    expect(turns.health()).toEqual({ healthy: false, problem: `the last ${other} began 31 s ago` });
    turns.turned(other);
    expect(turns.health()).toEqual({ healthy: true });
  });
});
