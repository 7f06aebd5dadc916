import { describe, expect, it } from '@jest/globals';
import { lagStatus } from './status.ts';

const waiting = (messages: number) => ({ topics: new Map([['t', messages]]), unplacedQueues: 0 });

describe('lagStatus', () => {
  it.each([
    [0, 0],
    [1, 1],
    [4, 2],
    [9, 5],
    [10, 10],
    [99, 50],
    [12_345, 10_000],
    [1_999_999, 1_000_000],
    [2_000_000, 2_000_000],
  ])('%d messages are told as %d', (messages, told) => {
    expect(lagStatus({ backlog: waiting(messages) })).toEqual({ lag: told });
  });

  it.each([
    [0, 0],
    [9_999, 0],
    [10_000, 10],
    [59_000, 50],
    [754_000, 500],
  ])('an age of %d ms is told as %d s', (oldestMs, told) => {
    expect(lagStatus({ oldestMs })).toEqual({ oldestSeconds: told });
  });

  it('tells members and dead letters as they are', () => {
    expect(lagStatus({ members: 13, deadLetters: 17 })).toEqual({ members: 13, deadLetters: 17 });
  });

  it('rounds what is in flight, which moves with every message', () => {
    expect(lagStatus({ inFlight: 37 })).toEqual({ inFlight: 20 });
    expect(lagStatus({ inFlight: 0 })).toEqual({ inFlight: 0 });
  });

  it('says nothing of what is unknown', () => {
    expect(lagStatus({})).toEqual({});
    expect(lagStatus({ members: 0 })).toEqual({ members: 0 });
  });
});
