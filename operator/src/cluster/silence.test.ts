import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../kube/mod.ts';
import type { SyncState } from '../rocketmq/mod.ts';
import type { Answer, Answers } from './observe.ts';
import { hungMembers, silences } from './silence.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

const said = { known: true, value: undefined } as const;
const silent = { known: false, why: 'no answer within 5000 ms' } as const;
const object = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}` },
});
const member = (pod: string, over: Parameters<typeof brokerView>[1] = {}): MemberView =>
  brokerView(pod, { object: object(pod), ...over });
const seenOf = (members: readonly MemberView[]): ClusterSnapshot => ({
  members,
  groups: [groupView(members)],
  version: undefined,
});

/** @param words by pod; who is not in it was not asked */
function answersOf(
  members: readonly MemberView[],
  words: Readonly<Record<string, Answer<undefined>>>,
  over: { readonly leader?: string; readonly syncStates?: Answer<ReadonlyMap<string, SyncState>> } = {},
): Answers {
  const of = <T>(component: MemberView['component'], value: (pod: string) => T) =>
    new Map(
      members.flatMap((each): readonly [string, Answer<T>][] => {
        const word = words[each.pod];
        if (each.component !== component || word === undefined) return [];
        return [[each.address, word.known ? { known: true, value: value(each.pod) } : word]];
      }),
    );
  return {
    nameServers: of('nameserver', () => ({ clusters: new Map(), brokers: new Map() })),
    controllers: of('controller', (pod) => ({ group: 'g', isLeader: pod === over.leader, peers: [] })),
    brokers: of('broker', () => ({ version: undefined })),
    settings: new Map(),
    syncStates: over.syncStates ?? { known: true, value: new Map() },
  };
}

/** Looks at it twice, the second time after so long. */
function hungAfter(
  ms: number,
  members: readonly MemberView[],
  answers: Answers,
  between: Answers = answers,
): readonly string[] {
  const seen = seenOf(members);
  const first = silences(seen, answers, new Map(), 0);
  const second = silences(seen, between, first, ms / 2);
  return hungMembers(seen, silences(seen, answers, second, ms), ms).map(({ pod }) => pod);
}

describe('a broker that does not answer', () => {
  const alive = member('a-0', { leads: true, facts: { brokerId: 1 } });
  const gone = member('a-1', { inSync: false });
  const members = [alive, gone];
  const answers = answersOf(members, { 'a-0': said, 'a-1': silent });

  it('hangs after 30 s, when the controllers do not count it as alive either', () => {
    expect(hungAfter(29_999, members, answers)).toEqual([]);
    expect(hungAfter(30_000, members, answers)).toEqual(['a-1']);
  });

  it('does not when it answered in between', () => {
    const between = answersOf(members, { 'a-0': said, 'a-1': said });
    expect(hungAfter(30_000, members, answers, between)).toEqual([]);
  });

  it('does not when it is another process meanwhile', () => {
    const first = silences(seenOf(members), answers, new Map(), 0);
    const again = [alive, { ...gone, object: object('made-anew') }];
    const second = silences(seenOf(again), answers, first, 30_000);
    expect(hungMembers(seenOf(again), second, 30_000)).toEqual([]);
  });

  it.each<readonly [string, readonly MemberView[], Answers]>([
    [
      'the controllers count it as alive',
      [alive, member('a-1', { facts: { brokerId: 2 } })],
      answersOf(members, { 'a-0': said, 'a-1': silent }),
    ],
    [
      'nobody knows what the controllers say',
      members,
      answersOf(members, { 'a-0': said, 'a-1': silent }, { syncStates: { known: false, why: 'no leader' } }),
    ],
    [
      'it is starting',
      [alive, member('a-1', { inSync: false, phase: 'Starting' })],
      answersOf(members, { 'a-0': said, 'a-1': silent }),
    ],
    ['it was not asked', members, answersOf(members, { 'a-0': said })],
  ])('does not when %s', (_when, seen, words) => {
    expect(hungAfter(60_000, seen, words)).toEqual([]);
  });

  it('is said to, with what shows it', () => {
    const seen = seenOf(members);
    const since = silences(seen, answers, new Map(), 0);
    expect(hungMembers(seen, silences(seen, answers, since, 31_000), 31_000)).toEqual([
      {
        pod: 'a-1',
        message: 'it hangs: no answer for 31 s, and the controllers do not count it as alive',
      },
    ]);
  });
});

describe('a controller that does not answer', () => {
  const members = ['c-0', 'c-1', 'c-2'].map((pod) => member(pod, { component: 'controller' }));

  it('hangs when all the others answer, and one of them leads', () => {
    const answers = answersOf(members, { 'c-0': silent, 'c-1': said, 'c-2': said }, { leader: 'c-1' });
    expect(hungAfter(30_000, members, answers)).toEqual(['c-0']);
  });

  it.each([
    ['nobody leads', { 'c-0': silent, 'c-1': said, 'c-2': said }, undefined],
    ['another is silent too', { 'c-0': silent, 'c-1': said, 'c-2': silent }, 'c-1'],
  ] as const)('is left alone when %s', (_when, words, leader) => {
    const answers = answersOf(members, words, leader === undefined ? {} : { leader });
    expect(hungAfter(60_000, members, answers)).toEqual([]);
  });
});

describe('a name server that does not answer', () => {
  const members = ['n-0', 'n-1'].map((pod) => member(pod, { component: 'nameserver' }));

  it('hangs when another one answers', () => {
    expect(hungAfter(30_000, members, answersOf(members, { 'n-0': silent, 'n-1': said }))).toEqual(['n-0']);
  });

  it('is left alone when none does: the operator may be the one that is cut off', () => {
    expect(hungAfter(60_000, members, answersOf(members, { 'n-0': silent, 'n-1': silent }))).toEqual([]);
  });
});
