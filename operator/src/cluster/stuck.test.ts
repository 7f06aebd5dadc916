import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../kube/mod.ts';
import type { SyncState } from '../rocketmq/mod.ts';
import type { Answer, Answers } from './observe.ts';
import { revivals, stuckProcesses } from './stuck.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

const said = { known: true, value: undefined } as const;
const silent = { known: false, why: 'no answer within 3000 ms' } as const;
const ended = { known: false, why: 'connect ECONNREFUSED', ended: true } as const;
const object = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}` },
});
const member = (pod: string, over: Parameters<typeof brokerView>[1] = {}): MemberView =>
  brokerView(pod, { object: object(pod), ...over });
const seenOf = (members: readonly MemberView[]): ClusterSnapshot => ({
  members,
  groups: [groupView(members.filter(({ component, group }) => component === 'broker' && group === 'a'))],
  version: undefined,
});

interface Words {
  /** By pod; who is not in it was not asked. */
  readonly answered: Readonly<Record<string, Answer<undefined>>>;
  /** Of the controllers. */
  readonly leader?: string;
  readonly syncStates?: Answer<ReadonlyMap<string, SyncState>>;
  /** By pod. */
  readonly roles?: Readonly<Record<string, string>>;
}

function answersOf(members: readonly MemberView[], words: Words): Answers {
  const of = <T>(component: MemberView['component'], value: (pod: string) => T) =>
    new Map(
      members.flatMap((each): readonly [string, Answer<T>][] => {
        const word = words.answered[each.pod];
        if (each.component !== component || word === undefined) return [];
        return [[each.address, word.known ? { known: true, value: value(each.pod) } : word]];
      }),
    );
  return {
    nameServers: of('nameserver', () => ({ clusters: new Map(), brokers: new Map() })),
    controllers: of('controller', (pod) => ({ group: 'g', isLeader: pod === words.leader, peers: [] })),
    brokers: of('broker', () => ({ version: undefined })),
    settings: of('broker', (pod) => new Map([['brokerRole', words.roles?.[pod] ?? 'SLAVE']])),
    syncStates: words.syncStates ?? { known: true, value: new Map() },
    replications: new Map(),
  };
}

interface Look {
  readonly members: readonly MemberView[];
  readonly words: Words;
  readonly minInSync?: number;
  /** What is answered half-way. */
  readonly between?: Words;
}

/** Looks three times. @returns who is restarted after so long */
function after(ms: number, { members, words, minInSync = 1, between = words }: Look): readonly string[] {
  const seen = seenOf(members);
  const [now, then] = [answersOf(members, words), answersOf(members, between)];
  const first = stuckProcesses(seen, now, new Map(), 0);
  const second = stuckProcesses(seen, then, first, ms / 2);
  return revivals(seen, stuckProcesses(seen, now, second, ms), minInSync, ms).map(
    ({ pod }) => pod.metadata.name,
  );
}

const alive = member('a-0', { leads: true, facts: { brokerId: 1 } });
const gone = member('a-1', { inSync: false });

describe('a broker that does not answer', () => {
  const members = [alive, gone];
  const words = { answered: { 'a-0': said, 'a-1': silent } };

  it('hangs after 30 s, when the controllers do not count it as alive either', () => {
    expect(after(29_999, { members, words })).toEqual([]);
    expect(after(30_000, { members, words })).toEqual(['a-1']);
  });

  it('is not waited for when its group has another master and refuses sends', () => {
    expect(after(0, { members, words, minInSync: 2 })).toEqual(['a-1']);
  });

  it('is waited for all the same when it has only just come up', () => {
    const fresh = [alive, member('a-1', { inSync: false, upForMs: 2_000 })];
    expect(after(29_999, { members: fresh, words, minInSync: 2 })).toEqual([]);
    expect(after(30_000, { members: fresh, words, minInSync: 2 })).toEqual(['a-1']);
  });

  it('is waited for when its group has no other master', () => {
    const alone = [member('a-0', { facts: { brokerId: 1 } }), gone];
    expect(after(29_999, { members: alone, words, minInSync: 3 })).toEqual([]);
  });

  it('is left alone when no broker answers: they may all serve beyond a cut', () => {
    const both = [member('a-0', { inSync: undefined }), gone];
    const none = { answered: { 'a-0': silent, 'a-1': silent } };
    expect(after(60_000, { members: both, words: none })).toEqual([]);
  });

  it('is restarted before the next one of its group, and that waits until it is back', () => {
    const other = member('b-0', { group: 'b' });
    const heard = { answered: { 'b-0': said, 'a-0': silent, 'a-1': silent } };
    const hung = member('a-0', { inSync: false });
    expect(after(60_000, { members: [other, hung, gone], words: heard })).toEqual(['a-0']);
    const back = (creationTimestamp: string): MemberView => {
      const pod = object('a-0');
      const made = { ...pod, metadata: { ...pod.metadata, creationTimestamp } };
      return member('a-0', { inSync: false, phase: 'Starting', object: made });
    };
    const soon = [other, back('1970-01-01T00:00:30Z'), gone];
    expect(after(60_000, { members: soon, words: heard })).toEqual([]);
    // Not for ever.
    expect(after(160_000, { members: soon, words: heard })).toEqual(['a-1']);
  });

  it('is restarted also where no other broker runs that could answer', () => {
    const fenced = member('a-1', { inSync: false, phase: 'Missing', fenced: true });
    const hung = member('a-0', { inSync: false });
    expect(after(30_000, { members: [hung, fenced], words: { answered: { 'a-0': silent } } })).toEqual([
      'a-0',
    ]);
  });

  it('does not hang when it answered in between', () => {
    const between = { answered: { 'a-0': said, 'a-1': said } };
    expect(after(30_000, { members, words, between })).toEqual([]);
  });

  it('does not when it is another process meanwhile', () => {
    const answers = answersOf(members, words);
    const first = stuckProcesses(seenOf(members), answers, new Map(), 0);
    const again = seenOf([alive, { ...gone, object: object('made-anew') }]);
    expect(revivals(again, stuckProcesses(again, answers, first, 30_000), 1, 30_000)).toEqual([]);
  });

  it.each<readonly [string, readonly MemberView[], Words]>([
    ['the controllers count it as alive', [alive, member('a-1', { facts: { brokerId: 2 } })], words],
    [
      'nobody knows what the controllers say',
      members,
      { ...words, syncStates: { known: false, why: 'the controllers have no leader' } },
    ],
    ['it is starting', [alive, member('a-1', { inSync: false, phase: 'Starting' })], words],
    ['it was not asked', members, { answered: { 'a-0': said } }],
    ['it ended, and its pod does not tell yet', members, { answered: { 'a-0': said, 'a-1': ended } }],
  ])('does not when %s', (_when, seen, heard) => {
    expect(after(60_000, { members: seen, words: heard, minInSync: 3 })).toEqual([]);
  });
});

describe('a former master that answers', () => {
  const members = [alive, gone];
  const answered = { 'a-0': said, 'a-1': said };
  const words = { answered, roles: { 'a-0': 'SYNC_MASTER', 'a-1': 'SYNC_MASTER' } };

  it('was deposed without knowing it, and is restarted at once: what it acknowledges is lost', () => {
    expect(after(0, { members, words })).toEqual(['a-1']);
  });

  it.each<readonly [string, readonly MemberView[], Words]>([
    ['it is a replica by its own word', members, { answered, roles: { 'a-1': 'SLAVE' } }],
    ['it starts, and was not told its role yet', members, { answered, roles: { 'a-1': 'ASYNC_MASTER' } }],
    ['the controllers count it as alive', [alive, member('a-1', { facts: { brokerId: 2 } })], words],
    ['nobody else is master', [member('a-0', { facts: { brokerId: 1 } }), gone], words],
    [
      'the master is not known to be alive, as after the controllers got another leader',
      [member('a-0', { leads: true }), gone],
      words,
    ],
  ])('was not when %s', (_when, seen, heard) => {
    expect(after(60_000, { members: seen, words: heard, minInSync: 3 })).toEqual([]);
  });
});

describe('a member of a group with a fixed master that does not answer', () => {
  const words = {
    answered: { 'a-0': silent, 'a-1': said },
    syncStates: { known: false, why: 'none' } as const,
  };
  const look = (registered: boolean | undefined) => {
    const members = [member('a-0', { leads: true, facts: { registered } }), member('a-1')];
    const seen = {
      ...seenOf(members),
      groups: [{ ...groupView(members), fixed: { minInSync: 2, closed: false } }],
    };
    const answers = answersOf(members, words);
    const stuck = stuckProcesses(seen, answers, new Map(), 0);
    return revivals(seen, stuckProcesses(seen, answers, stuck, 30_000), 2, 30_000).map(
      ({ pod }) => pod.metadata.name,
    );
  };

  it('hangs when name servers do not list it any more', () => {
    expect(look(false)).toEqual(['a-0']);
  });

  it.each([true, undefined])('is left alone when they do, or do not say (%s)', (registered) => {
    expect(look(registered)).toEqual([]);
  });
});

describe('a controller that does not answer', () => {
  const members = ['c-0', 'c-1', 'c-2'].map((pod) => member(pod, { component: 'controller' }));

  it('hangs when all the others answer, and one of them leads', () => {
    const words = { answered: { 'c-0': silent, 'c-1': said, 'c-2': said }, leader: 'c-1' };
    expect(after(29_999, { members, words })).toEqual([]);
    expect(after(30_000, { members, words })).toEqual(['c-0']);
  });

  it.each<readonly [string, Words]>([
    ['nobody leads', { answered: { 'c-0': silent, 'c-1': said, 'c-2': said } }],
    ['another is silent too', { answered: { 'c-0': silent, 'c-1': said, 'c-2': silent }, leader: 'c-1' }],
  ])('is left alone when %s', (_when, words) => {
    expect(after(60_000, { members, words })).toEqual([]);
  });
});

describe('a name server that does not answer', () => {
  const members = ['n-0', 'n-1'].map((pod) => member(pod, { component: 'nameserver' }));

  it('hangs when another one answers', () => {
    const words = { answered: { 'n-0': silent, 'n-1': said } };
    expect(after(30_000, { members, words })).toEqual(['n-0']);
  });

  it('is left alone when none does: the operator may be the one that is cut off', () => {
    const words = { answered: { 'n-0': silent, 'n-1': silent } };
    expect(after(60_000, { members, words })).toEqual([]);
  });
});

it('says why', () => {
  const members = [alive, gone];
  const seen = seenOf(members);
  const because = (words: Words): readonly string[] => {
    const answers = answersOf(members, words);
    const stuck = stuckProcesses(seen, answers, new Map(), 0);
    return revivals(seen, stuckProcesses(seen, answers, stuck, 60_000), 1, 60_000).map(
      (each) => each.message,
    );
  };
  expect(because({ answered: { 'a-0': said, 'a-1': silent } })).toEqual([
    'it hangs: no answer, and the controllers do not count it as alive',
  ]);
  expect(because({ answered: { 'a-0': said, 'a-1': said }, roles: { 'a-1': 'SYNC_MASTER' } })).toEqual([
    'it goes on as master, although a-0 is',
  ]);
});
