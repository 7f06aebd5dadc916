import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../kube/mod.ts';
import { outcomeOf, sooner, type Judged } from './verdicts.ts';

const message = 'm';

describe('outcomeOf', () => {
  it.each<readonly [string, Judged, object | undefined]>([
    ['is nothing when all is well', { kind: 'Ready' }, undefined],
    [
      'tries again, sooner where that is said',
      { kind: 'Pending', reason: 'Deleting', message, unknown: false, atMostMs: 7 },
      { kind: 'Retry', reason: 'Deleting', message, atMostMs: 7 },
    ],
    [
      'looks again in a while',
      { kind: 'Waiting', reason: 'Paused', message },
      { kind: 'Wait', reason: 'Paused', message, pollMs: 5 },
    ],
    ['waits for what announces itself', { kind: 'Waiting', reason: 'ClusterDeleting', message }, undefined],
    ['waits for a person', { kind: 'Rejected', reason: 'NotAllowed', message }, undefined],
  ])('%s', (_what, verdict, outcome) => {
    expect(outcomeOf(verdict, 5)).toEqual(outcome);
  });
});

const wait = (pollMs: number): Outcome => ({ kind: 'Wait', reason: 'Paused', message, pollMs });
const retry = (atMostMs?: number): Outcome => {
  const most = atMostMs === undefined ? {} : { atMostMs };
  return { kind: 'Retry', reason: 'Deleting', message, ...most };
};
const done: Outcome = { kind: 'Done' };

describe('sooner', () => {
  it.each<readonly [string, Outcome, Outcome]>([
    ['what failed, before what is waited for', retry(), wait(1)],
    ['what is to be tried again sooner', retry(1), retry(2)],
    ['what is to be tried again soon', retry(9), retry()],
    ['what is due first', wait(1), wait(2)],
    ['anything but nothing', wait(1), done],
  ])('is %s', (_what, first, other) => {
    expect(sooner(first, other)).toBe(first);
    expect(sooner(other, first)).toBe(first);
  });
});
