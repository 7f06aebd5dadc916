import { describe, expect, it } from '@jest/globals';
import { announcements } from './announce.ts';
import type { DeclaredStatus } from './kind.ts';
import type { PassResult } from './pass.ts';

const found: PassResult = {
  verdict: { kind: 'Ready' },
  looked: true,
  foundOn: ['broker-a'],
  confirmedOn: ['broker-a'],
  unheardOn: [],
  changes: [],
  differing: [],
  ownedOn: ['broker-a'],
  drainingSinceMs: undefined,
};

function statusOf(reason: string, groups?: readonly string[]): DeclaredStatus {
  return {
    observedGeneration: 1,
    conditions: [
      { type: 'Ready', status: 'False', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
    ...(groups === undefined ? {} : { groups }),
  };
}

const told = (before: DeclaredStatus | undefined, result: PassResult): readonly string[] =>
  announcements({
    label: 'topic t',
    settled: false,
    before,
    verdict: { kind: 'Waiting', reason: 'Draining', message: '' },
    result,
    writes: true,
  }).map(({ reason }) => reason);

describe('announcements of a topic that gives queues up', () => {
  const owned = { ...statusOf('Reconciled', ['broker-a']), ownedOn: ['broker-a'] };
  const drainingSince = '2026-01-01T00:00:00Z';

  it.each([
    ['tell that every master is closed', owned, 1, ['DrainStarted']],
    ['tell it once', { ...owned, drainingSince }, 1, []],
    ['wait for the last master', owned, undefined, []],
  ])('%s', (_what, before, drainingSinceMs, says) => {
    expect(told(before, { ...found, drainingSinceMs })).toEqual(says);
  });
});

describe('announcements of a topic that is found on a broker', () => {
  it.each([
    { before: undefined, when: 'a new object', says: ['Adopted'] },
    { before: statusOf('ClusterNotReady'), when: 'one that waited for its cluster', says: ['Adopted'] },
    { before: statusOf('Conflict'), when: 'one that somebody else had', says: ['Adopted'] },
    { before: statusOf('ClusterNotReady', ['broker-a']), when: 'one whose cluster was away', says: [] },
    { before: statusOf('InvalidSpec', ['broker-a']), when: 'one whose spec was wrong for a while', says: [] },
    { before: statusOf('BrokerUnreachable', []), when: 'one that was looked for in vain', says: [] },
    {
      before: { ...statusOf('Reconciled', ['broker-b']), ownedOn: ['broker-b'] },
      when: 'one that is declared there since',
      says: ['Adopted'],
    },
  ])('$when: $says', ({ before, says }) => {
    const events = announcements({
      label: 'topic t',
      settled: false,
      before,
      verdict: found.verdict,
      result: found,
      writes: true,
    });
    expect(events.map(({ reason }) => reason)).toEqual(says);
  });
});
