import { describe, expect, it } from '@jest/globals';
import type { Spent } from './meter.ts';
import { objectsFigures, type Measured, type MeasuredBurst, type MeasuredEdits } from './objects-figures.ts';
import type { Resync } from './resync.ts';

const spent = (apiCalls: Readonly<Record<string, number>> = {}): Spent => ({
  cpuSeconds: 2,
  asked: new Map([['topics', 11]]),
  brokerCalls: new Map([['authListUser', 6]]),
  apiCalls: new Map(Object.entries(apiCalls)),
});

const burst = (readyMs: number, calls: Readonly<Record<string, number>> = {}): MeasuredBurst => ({
  readyMs,
  appliedMs: readyMs / 2,
  spent: spent(calls),
  peakMebibytes: readyMs / 100,
});

const resync = (topics: number, users: number, calls: Readonly<Record<string, number>> = {}): Resync => ({
  ...spent(calls),
  seconds: new Map([
    ['topics', topics],
    ['users', users],
  ]),
  changed: 0,
});

const edits = (topics: readonly number[]): MeasuredEdits => ({
  readyMs: new Map([
    ['topics', topics],
    ['users', [1_500]],
  ]),
  resyncs: 7,
  spent: spent(),
  peakMebibytes: 90,
});

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

const measured: Measured = {
  sizes: { burst: 1_000, topics: 5_000, users: 800 },
  idle: { mebibytes: [40, 50], cpuPercent: 1 },
  topicBursts: [burst(4_000, { 'APPLY topics': 1_000 }), burst(6_000, { 'GET topics': 3 })],
  userBursts: [burst(8_000)],
  removalMs: [3_000],
  resyncs: [resync(0.3, 0.1), resync(0.5, 0.2, { 'LIST topics': 4, 'APPLY topics/status': 2 })],
  edits: [edits(upTo(100)), edits([400])],
  full: { mebibytes: [80], cpuPercent: 6 },
  limits: {
    apiLoopMs: [2_000, 2_000],
    rawLoops: [{ singlyMs: 1_000, listedMs: 100, usersMs: 4_000 }],
    mqadmin: [{ singlyMs: 5_000, listedMs: 8_000 }],
  },
};

const byName = (given: Measured) => new Map(objectsFigures(given).map((figure) => [figure.name, figure]));

describe('objectsFigures', () => {
  it.each([
    ['1000 topics applied at once → all Ready', [4, 6]],
    ['1000 topics applied at once: until the API server had them', [2, 3]],
    ['1000 topics applied at once: the API server got APPLY topics', [1_000, 0]],
    ['1000 topics applied at once: the API server got GET topics', [0, 3]],
    ['800 users applied at once → all Ready', [8]],
    ['800 users applied at once: brokers got authListUser', [6]],
    ['800 users deleted at once → all gone', [3]],
    ['resync of 5000 topics + 800 users', [0.4, 0.7]],
    ['of that, the users', [0.1, 0.2]],
    ['a resync asks RocketMQ about topics', [11, 11]],
    ['a resync: requests to the API server', [0, 6]],
    ['a resync: writes to the API server', [0, 2]],
    ['one of the topics edited during resyncs → Ready, p95 of a run', [0.095, 0.4]],
    ['one of the users edited during resyncs → Ready', [1.5, 1.5]],
    ['resyncs during the edits of a run', [7, 7]],
    ['CPU of the operator during the edits of a run', [2, 2]],
    ['anonymous memory, peak of a burst', [40, 60, 80]],
    ['anonymous memory at 5000 topics + 800 users, peak of edits and resyncs', [90, 90]],
    ['the operator against 1000 topics by a loop over the protocol, 500 a request', [40]],
    ['the operator against 800 users by a loop over the protocol', [2]],
    ['the operator against 1000 topics and their statuses written without an operator', [2, 3]],
    ['1000 topics by mqadmin updateTopic, a process each, reckoned from fewer', [5_000]],
  ])('%s', (name, values) => {
    const seen = byName(measured).get(name)?.values ?? [];
    expect(seen.map((value) => Number(value.toFixed(6)))).toEqual(values);
  });

  it('holds to bars what the design has bars for', () => {
    const barred = objectsFigures(measured).filter(({ bar }) => bar !== undefined);
    expect(barred.map(({ name, unit, bar }) => `${name}: ${String(bar)} ${unit}`)).toEqual([
      '1000 topics applied at once → all Ready: 10 s',
      'resync of 5000 topics + 800 users: 10 s',
      'a resync: writes to the API server: 0 calls',
      'objects changed by a resync: 0 objects',
      'one of the topics edited during resyncs → Ready, p95 of a run: 1 s',
      'one of the users edited during resyncs → Ready, p95 of a run: 1 s',
      'anonymous memory, idle: 64 MiB',
      'anonymous memory, peak of a burst: 128 MiB',
      'anonymous memory at 5000 topics + 800 users: 128 MiB',
      'anonymous memory at 5000 topics + 800 users, peak of edits and resyncs: 128 MiB',
    ]);
  });

  it('leaves out what was not measured', () => {
    const names = [
      ...byName({
        ...measured,
        removalMs: [],
        limits: { ...measured.limits, apiLoopMs: [], mqadmin: [] },
      }).keys(),
    ];
    expect(names.filter((name) => /mqadmin|without an operator|deleted/.test(name))).toEqual([]);
  });
});
