import { describe, expect, it } from '@jest/globals';
import { disinherited } from './bequeath.ts';
import { brokerView, groupView } from './testing/groups.ts';

const master = (version: string, answers = true) =>
  brokerView('a-0', { leads: true, version, facts: { answers } });

describe('disinherited', () => {
  it('are the replicas in sync of a master of 5.5.0', () => {
    const group = groupView([master('5.5.0'), brokerView('a-1'), brokerView('a-2', { inSync: false })]);
    expect(disinherited([group])).toMatchObject([
      { group: 'a', from: { pod: 'a-0', address: 'a-0:10911' }, to: { pod: 'a-1', address: 'a-1:10911' } },
    ]);
  });

  it.each([
    ['a master of 5.4.0, which gives its own', master('5.4.0')],
    ['a master that does not answer', master('5.5.0', false)],
    ['nobody that leads', brokerView('a-0', { version: '5.5.0' })],
  ])('are none under %s', (_what, first) => {
    expect(disinherited([groupView([first, brokerView('a-1')])])).toEqual([]);
  });
});
