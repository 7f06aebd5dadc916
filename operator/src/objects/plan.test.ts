import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { overLimit, planEntry, type Plan } from './plan.ts';
import type { Master } from './topology.ts';
import { compare, entry, holds, masters, silent, tables } from './testing/numbers.ts';

describe('planEntry', () => {
  it('writes only where it differs', () => {
    expect(planEntry(entry, masters, tables(holds(8), holds()), compare, 'Masters')).toMatchObject({
      writes: [{ group: 'b', address: 'b:1', write: 8, keys: [] }],
      problems: [],
      foundOn: ['a'],
      sameOn: ['a'],
    });
  });

  it('writes nothing anywhere when one master would have to lose something', () => {
    expect(planEntry(entry, masters, tables(holds(), holds(9)), compare, 'Masters')).toMatchObject({
      refused: { reason: 'AttributeImmutable', message: 'b: too many' },
      writes: [],
    });
  });

  it('does not take silence for absence', () => {
    const plan = planEntry(entry, masters, tables(silent, holds()), compare, 'Masters');
    expect(plan.unheardOn).toEqual(['a']);
    expect(plan.writes.map(({ group }) => group)).toEqual(['b']);
    expect(plan.problems).toEqual([
      {
        group: 'a',
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
    expect(planEntry(entry, [unconfirmed], tables(holds(8)), compare, 'Masters')).toMatchObject({
      writes: [],
      problems: [],
    });
    expect(planEntry(entry, [unconfirmed], tables(holds(4)), compare, 'Masters')).toMatchObject({
      writes: [],
      problems: [{ reason: 'MasterUnknown' }],
    });
  });
});

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
