import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { RocketmqError } from '../rocketmq/mod.ts';
import type { Difference } from './kind.ts';
import { judge, overLimit, pending, planEntry, type Entry, type Plan, type Problem } from './plan.ts';
import type { Tables } from './tables.ts';
import type { Master } from './topology.ts';

/** The simplest kind: a number that may only grow. */
const compare = (desired: number, actual: number | undefined): Difference<number> => {
  if (actual === undefined) return { kind: 'Create', write: desired };
  if (actual > desired) return { kind: 'Refused', reason: 'AttributeImmutable', message: 'too many' };
  return actual === desired ? { kind: 'Same' } : { kind: 'Change', write: desired, keys: ['size'] };
};
const entry: Entry<number> = {
  key: 'n/x',
  name: 'X',
  desired: 8,
  urgent: true,
  settled: false,
  adoption: 'Adopt',
  ownedOn: [],
  groups: undefined,
  drainingSinceMs: undefined,
  unheld: false,
};
const confirmed = (group: string): Master => ({ kind: 'Confirmed', group, address: `${group}:1` });
const masters = [confirmed('a'), confirmed('b')];
const holds = (value?: number) =>
  ({ ok: true, value: value === undefined ? new Map<string, number>() : new Map([['X', value]]) }) as const;
const timeout = (address: string) => new RocketmqError('Timeout', 'no answer', { address });
const silent = { ok: false, error: timeout('a:1') } as const;
const tables = (a: Tables<number> extends ReadonlyMap<string, infer T> ? T : never, b = a): Tables<number> =>
  new Map([
    ['a:1', a],
    ['b:1', b],
  ]);

describe('planEntry', () => {
  it('writes only where it differs', () => {
    expect(planEntry(entry, masters, tables(holds(8), holds()), compare)).toMatchObject({
      writes: [{ group: 'b', address: 'b:1', write: 8, keys: [] }],
      problems: [],
      foundOn: ['a'],
      sameOn: ['a'],
    });
  });

  it('writes nothing anywhere when one master would have to lose something', () => {
    expect(planEntry(entry, masters, tables(holds(), holds(9)), compare)).toMatchObject({
      refused: { reason: 'AttributeImmutable', message: 'b: too many' },
      writes: [],
    });
  });

  it('does not take silence for absence', () => {
    const plan = planEntry(entry, masters, tables(silent, holds()), compare);
    expect(plan.unheardOn).toEqual(['a']);
    expect(plan.writes.map(({ group }) => group)).toEqual(['b']);
    expect(plan.problems).toEqual([
      {
        reason: 'BrokerUnreachable',
        message: 'the master of a, a:1, does not answer in time',
        unknown: true,
      },
    ]);
  });

  it('reads an unconfirmed master and never writes to it', () => {
    const unconfirmed: Master = {
      kind: 'Unconfirmed',
      group: 'a',
      address: 'a:1',
      why: 'controllers are silent',
    };
    expect(planEntry(entry, [unconfirmed], tables(holds(8)), compare)).toMatchObject({
      writes: [],
      problems: [],
    });
    expect(planEntry(entry, [unconfirmed], tables(holds(4)), compare)).toMatchObject({
      writes: [],
      problems: [{ reason: 'MasterUnknown' }],
    });
  });
});

describe('judge', () => {
  const plan = planEntry(entry, masters, tables(holds(8), holds(4)), compare);
  const refused = new RocketmqError('Refused', 'bad\n at java.lang', { address: 'b:1', responseCode: 1 });

  it('is Ready when every master shows it', () => {
    expect(judge(entry, plan, new Map([['b:1', holds8()]]), tables(holds(8)), compare)).toEqual({
      verdict: { kind: 'Ready' },
      confirmedOn: ['a', 'b'],
      unheardOn: [],
    });
  });

  it('believes the master, not the answer to the write', () => {
    const lost = new Map([['b:1', { ok: false, error: timeout('b:1') } as const]]);
    expect(judge(entry, plan, lost, tables(holds(8)), compare).verdict).toEqual({ kind: 'Ready' });
    expect(judge(entry, plan, new Map([['b:1', holds8()]]), tables(holds(4)), compare).verdict).toMatchObject(
      {
        kind: 'Pending',
        reason: 'NotOnEveryMaster',
        unknown: false,
      },
    );
  });

  it('rejects what the broker refuses, in one line', () => {
    const answer = new Map([['b:1', { ok: true, value: new Map([['X', refused]]) } as const]]);
    expect(judge(entry, plan, answer, tables(holds(4)), compare)).toEqual({
      verdict: { kind: 'Rejected', reason: 'RefusedByBroker', message: 'b refuses it: b:1: bad' },
      confirmedOn: ['a'],
      unheardOn: [],
    });
  });

  it('keeps a lost answer unknown', () => {
    const lost = new Map([['b:1', { ok: false, error: timeout('b:1') } as const]]);
    expect(judge(entry, plan, lost, new Map([['b:1', silent]]), compare).verdict).toMatchObject({
      kind: 'Pending',
      reason: 'BrokerUnreachable',
      unknown: true,
    });
  });
});

function holds8() {
  return { ok: true, value: new Map<string, RocketmqError>() } as const;
}

describe('overLimit', () => {
  it('lets edits through first and loses nobody', () => {
    const items = fc.uniqueArray(
      fc.record({ key: fc.string(), urgent: fc.boolean(), writes: fc.boolean() }),
      {
        selector: ({ key }) => key,
      },
    );
    fc.assert(
      fc.property(items, fc.nat(5), (objects, limit) => {
        const entries = objects.map(({ key, urgent }) => ({ ...entry, key, urgent }));
        const write = { group: 'a', address: 'a:1', write: 8, keys: [] };
        const plans = new Map<string, Plan<number>>(
          objects.map(({ key, writes }) => [
            key,
            {
              problems: [],
              writes: writes ? [write] : [],
              drains: [],
              claims: [],
              looked: true,
              foundOn: [],
              sameOn: [],
              unheardOn: [],
            },
          ]),
        );
        const waiting = overLimit(entries, plans, limit);
        const writers = objects.filter(({ writes }) => writes);
        expect(waiting.size).toBe(Math.max(0, writers.length - limit));
        const taken = writers.filter(({ key }) => !waiting.has(key));
        const isEditWaiting = writers.some(({ key, urgent }) => urgent && waiting.has(key));
        expect(!isEditWaiting || taken.every(({ urgent }) => urgent)).toBe(true);
      }),
    );
  });
});

const problem = (message: string, unknown: boolean): Problem => ({
  reason: 'BrokerUnreachable',
  message,
  unknown,
});

describe('pending', () => {
  it('names what is known to be wrong before what is unknown, and stays short', () => {
    const list = ['1', '2', '3', '4'].map((message) => problem(message, true));
    expect(pending([...list, problem('wrong', false)])).toEqual({
      kind: 'Pending',
      reason: 'BrokerUnreachable',
      message: 'wrong; 1; 2; and 2 more',
      unknown: false,
    });
  });
});
