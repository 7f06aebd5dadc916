import { describe, expect, it } from '@jest/globals';
import { differingOf, pending, type Problem } from './problems.ts';

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

describe('differingOf', () => {
  it('has one line a broker group, in their order, and none for what is about no group', () => {
    const of = (group: string, message: string, unknown: boolean): Problem => ({
      ...problem(message, unknown),
      group,
    });
    const found = [
      of('b', 'silent', true),
      of('a', 'silent', true),
      of('b', 'wrong', false),
      problem('x', true),
    ];
    expect(differingOf(found)).toEqual([
      { group: 'a', reason: 'BrokerUnreachable', message: 'silent' },
      { group: 'b', reason: 'BrokerUnreachable', message: 'wrong' },
    ]);
  });
});
