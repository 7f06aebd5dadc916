import { describe, expect, it } from '@jest/globals';
import { decideArrival, type Arrival, type ArrivalDecision } from './decide.ts';

const applied = (messageId: string, sequence: number) => ({ messageId, sequence, state: 'Applied' as const });
const parked = (messageId: string, sequence: number) => ({ messageId, sequence, state: 'Parked' as const });

describe('arrival of a message', () => {
  it.each<[string, Partial<Arrival>, ArrivalDecision['kind']]>([
    ['the first of its group', { sequence: 1, applied: 0 }, 'Apply'],
    ['the next', { sequence: 5, applied: 4 }, 'Apply'],
    ['one too early', { sequence: 6, applied: 4 }, 'Park'],
    [
      'one applied before',
      { sequence: 4, applied: 4, same: applied('m', 4), atPlace: applied('m', 4) },
      'Duplicate',
    ],
    [
      'one parked before',
      { sequence: 6, applied: 4, same: parked('m', 6), atPlace: parked('m', 6) },
      'Duplicate',
    ],
    [
      'another message at an applied place',
      { sequence: 4, applied: 4, atPlace: applied('other', 4) },
      'Conflict',
    ],
    [
      'another message at a parked place',
      { sequence: 6, applied: 4, atPlace: parked('other', 6) },
      'Conflict',
    ],
    ['a place that was applied and forgotten', { sequence: 2, applied: 4 }, 'Conflict'],
    ['the same message at another place', { sequence: 5, applied: 4, same: applied('m', 3) }, 'Conflict'],
  ])('%s', (_name, arrival, kind) => {
    const decision = decideArrival({
      messageId: 'm',
      sequence: 1,
      applied: 0,
      same: undefined,
      atPlace: undefined,
      ...arrival,
    });
    expect(decision.kind).toBe(kind);
  });
});
