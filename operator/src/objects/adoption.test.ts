import { describe, expect, it } from '@jest/globals';
import { restrained } from './adoption.ts';
import type { Entry, Plan } from './plan.ts';
import type { Problem } from './problems.ts';

const silent: Problem = { reason: 'BrokerUnreachable', message: 'b does not answer', unknown: true };

const plan = (over: Partial<Plan<number>> = {}): Plan<number> => ({
  problems: [],
  writes: [{ group: 'b', address: 'b:1', write: 8, keys: [] }],
  drains: [],
  claims: ['a', 'b'],
  looked: true,
  foundOn: [],
  sameOn: [],
  unheardOn: [],
  ...over,
});

const entry = (adoption: Entry<number>['adoption'], ...ownedOn: readonly string[]): Entry<number> => ({
  key: 'n/x',
  name: 'X',
  desired: 8,
  urgent: true,
  settled: false,
  adoption,
  ownedOn,
  groups: undefined,
  drainingSinceMs: undefined,
  drainTold: false,
  unheld: false,
});

describe('an object that adopts', () => {
  it('does what there is to do', () => {
    const found = plan({ foundOn: ['a'], sameOn: ['a'] });
    expect(restrained(entry('Adopt'), found)).toBe(found);
  });
});

describe('an object that makes its own or fails', () => {
  it('first says that the name is free', () => {
    expect(restrained(entry('Fail'), plan())).toMatchObject({
      writes: [],
      looked: true,
      problems: [{ reason: 'NotOnEveryMaster', unknown: false }],
    });
  });

  it('makes it once that is stored', () => {
    const found = plan({ foundOn: ['a'], sameOn: ['a'] });
    expect(restrained(entry('Fail', 'a', 'b'), found)).toBe(found);
  });

  it('does not say so while a master is silent', () => {
    const unclear = plan({ problems: [silent], unheardOn: ['b'], claims: ['a'] });
    expect(restrained(entry('Fail'), unclear)).toEqual({ ...unclear, writes: [], claims: [], looked: false });
  });

  it('takes a broker group that it is declared on later for free only when it is', () => {
    const own = { group: 'a', address: 'a:1', write: 8, keys: ['size'] };
    const grown = plan({ foundOn: ['a'], writes: [own, { group: 'b', address: 'b:1', write: 8, keys: [] }] });
    expect(restrained(entry('Fail', 'a'), grown)).toMatchObject({
      writes: [own],
      claims: ['a', 'b'],
      problems: [{ message: 'b has no X: it is made as soon as this is stored' }],
    });
    expect(restrained(entry('Fail', 'a'), plan({ foundOn: ['a', 'b'], writes: [own] }))).toMatchObject({
      refused: { reason: 'AlreadyExists', message: 'X was on b before this object was declared' },
      writes: [],
      claims: [],
    });
    const unclear = plan({ writes: [own], claims: ['a', 'b'], problems: [silent] });
    expect(restrained(entry('Fail', 'a'), unclear)).toMatchObject({
      writes: [own],
      claims: [],
      looked: true,
    });
  });

  it.each<[string, Partial<Plan<number>>]>([
    ['as it should be', { foundOn: ['a'], sameOn: ['a'] }],
    ['otherwise', { foundOn: ['a'], writes: [{ group: 'a', address: 'a:1', write: 8, keys: ['size'] }] }],
    [
      'in a way that cannot be followed',
      { foundOn: ['a'], refused: { reason: 'AttributeImmutable', message: '' } },
    ],
    ['while another master is silent', { foundOn: ['a'], problems: [silent], unheardOn: ['b'] }],
  ])('is refused where it is there %s', (_how, over) => {
    expect(restrained(entry('Fail'), plan(over))).toMatchObject({
      refused: { reason: 'AlreadyExists', message: 'X was on a before this object was declared' },
      writes: [],
      sameOn: [],
    });
  });
});

describe('an object that observes', () => {
  it('says what differs and writes nothing', () => {
    const writes = [
      { group: 'a', address: 'a:1', write: 8, keys: ['size', 'colour'] },
      { group: 'b', address: 'b:1', write: 8, keys: [] },
    ];
    expect(restrained(entry('Observe'), plan({ writes, sameOn: ['c'] }))).toMatchObject({
      refused: { reason: 'Differs', message: 'size, colour on a; missing on b' },
      writes: [],
      sameOn: ['c'],
    });
  });

  it('says so as well of what it could not have followed', () => {
    const refused = { reason: 'AttributeImmutable', message: 'a: too many' } as const;
    expect(restrained(entry('Observe'), plan({ refused, writes: [] }))).toMatchObject({
      refused: { reason: 'Differs', message: 'a: too many' },
    });
  });

  it('is content where nothing differs, and does not know of the silent', () => {
    const same = plan({ writes: [], foundOn: ['a'], sameOn: ['a'], problems: [silent] });
    expect(restrained(entry('Observe'), same)).toEqual({ ...same, claims: [] });
  });
});
