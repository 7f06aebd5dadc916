import { describe, expect, it } from '@jest/globals';
import { lagPatch, lagStatus } from './status.ts';

const waiting = (messages: number) => ({ topics: new Map([['t', messages]]), unplacedQueues: 0 });

describe('lagStatus', () => {
  it.each([
    [0, 0],
    [7, 7],
    [99, 99],
    [123, 120],
    [12_345, 12_000],
    [1_999_999, 1_900_000],
  ])('%d messages are told as %d', (messages, told) => {
    expect(lagStatus({ backlog: waiting(messages), deadLetters: messages })).toEqual({
      lag: told,
      deadLetters: told,
    });
  });

  it.each([
    [0, 0],
    [9_999, 0],
    [59_000, 50],
    [61_000, 61],
    [754_000, 750],
  ])('an age of %d ms is told as %d s', (oldestMs, told) => {
    expect(lagStatus({ oldestMs })).toEqual({ oldestSeconds: told });
  });

  it('says nothing of what is unknown', () => {
    expect(lagStatus({})).toEqual({});
    expect(lagStatus({ members: 0 })).toEqual({ members: 0 });
  });
});

describe('lagPatch', () => {
  it('is nothing when nothing moved', () => {
    expect(lagPatch({ lag: 3, members: 1 }, { lag: 3, members: 1 })).toBeUndefined();
    expect(lagPatch(undefined, {})).toBeUndefined();
  });

  it('takes away what is unknown by now', () => {
    expect(lagPatch({ lag: 3, members: 1 }, { members: 2 })).toEqual({
      lag: null,
      oldestSeconds: null,
      members: 2,
      deadLetters: null,
    });
  });
});
