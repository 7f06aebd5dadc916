import { describe, expect, it } from '@jest/globals';
import { RocketmqError } from '../rocketmq/mod.ts';
import { judge } from './judge.ts';
import { planEntry } from './plan.ts';
import { compare, entry, holds, masters, silent, tables, timeout } from './testing/numbers.ts';

describe('judge', () => {
  const plan = planEntry(entry, masters, tables(holds(8), holds(4)), compare, 'Masters');
  const refused = new RocketmqError('Refused', 'bad\n at java.lang', { address: 'b:1', responseCode: 1 });

  it('is Ready when every master shows it', () => {
    expect(judge(entry, plan, new Map([['b:1', holds8()]]), tables(holds(8)), compare, 'Masters')).toEqual({
      verdict: { kind: 'Ready' },
      confirmedOn: ['a', 'b'],
      unheardOn: [],
      differing: [],
    });
  });

  it('believes the master, not the answer to the write', () => {
    const lost = new Map([['b:1', { ok: false, error: timeout('b:1') } as const]]);
    expect(judge(entry, plan, lost, tables(holds(8)), compare, 'Masters').verdict).toEqual({ kind: 'Ready' });
    expect(
      judge(entry, plan, new Map([['b:1', holds8()]]), tables(holds(4)), compare, 'Masters').verdict,
    ).toMatchObject({
      kind: 'Pending',
      reason: 'NotOnEveryMaster',
      unknown: false,
    });
  });

  it('rejects what the broker refuses, in one line', () => {
    const answer = new Map([['b:1', { ok: true, value: new Map([['X', refused]]) } as const]]);
    expect(judge(entry, plan, answer, tables(holds(4)), compare, 'Masters')).toEqual({
      verdict: { kind: 'Rejected', reason: 'RefusedByBroker', message: 'b refuses it: b:1: bad' },
      confirmedOn: ['a'],
      unheardOn: [],
      differing: [{ group: 'b', reason: 'RefusedByBroker', message: 'b refuses it: b:1: bad' }],
    });
  });

  it('keeps a lost answer unknown', () => {
    const lost = new Map([['b:1', { ok: false, error: timeout('b:1') } as const]]);
    expect(judge(entry, plan, lost, new Map([['b:1', silent]]), compare, 'Masters').verdict).toMatchObject({
      kind: 'Pending',
      reason: 'BrokerUnreachable',
      unknown: true,
    });
  });
});

function holds8() {
  return { ok: true, value: new Map<string, RocketmqError>() } as const;
}
