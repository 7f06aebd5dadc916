import { describe, expect, it } from '@jest/globals';
import { decideCheck, type CheckDecision, type LoggedTransaction } from './transaction-check.ts';

describe('transaction check', () => {
  it.each<[LoggedTransaction | undefined, number | undefined, CheckDecision]>([
    ['Committed', 0, 'Commit'],
    ['Committed', 1e9, 'Commit'],
    ['Committed', undefined, 'Commit'],
    ['RolledBack', 0, 'Rollback'],
    ['RolledBack', undefined, 'Rollback'],
    [undefined, 0, 'Unknown'],
    [undefined, 9_999, 'Unknown'],
    [undefined, 10_000, 'Entomb'],
    // Without an age nothing is spared; the tombstone still waits for a transaction that runs.
    [undefined, undefined, 'Entomb'],
    // A clock that jumped back may delay an answer, not change one.
    [undefined, -5_000, 'Unknown'],
  ])('logged %p, age %p ms: %s', (logged, ageMs, decision) => {
    expect(decideCheck(logged, ageMs, 10_000)).toBe(decision);
  });
});
