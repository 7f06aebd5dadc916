import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EpochCache } from '../rocketmq/mod.ts';
import { canFollow, divergences, rebuilds, suspects } from './divergence.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const never = 9_223_372_036_854_775_807n;

/** @param starts where each epoch begins, by epoch */
function epochsOf(starts: Readonly<Record<number, bigint>>, maxOffset: bigint): EpochCache {
  const epochs = Object.entries(starts).map(([epoch, startOffset]) => ({
    epoch: Number(epoch),
    startOffset,
    endOffset: never,
  }));
  return { cluster: 'c', brokerName: 'a', brokerId: 1, maxOffset, epochs };
}

const master = brokerView('a-0', { leads: true });
const apart = (pod: string, over: Partial<MemberView> = {}): MemberView =>
  brokerView(pod, { inSync: false, ...over });

describe('canFollow', () => {
  it.each<[string, EpochCache, EpochCache, boolean]>([
    ['the same history', epochsOf({ 1: 0n, 2: 90n }, 100n), epochsOf({ 1: 0n, 2: 90n }, 100n), true],
    [
      'a history that the master went on with',
      epochsOf({ 1: 0n }, 90n),
      epochsOf({ 1: 0n, 2: 90n }, 100n),
      true,
    ],
    ['a tail of its own', epochsOf({ 1: 0n, 2: 95n }, 120n), epochsOf({ 1: 0n, 3: 90n }, 100n), true],
    ['no history yet', epochsOf({}, 0n), epochsOf({ 1: 0n }, 100n), true],
    ['an epoch that the master began anew', epochsOf({ 1: 0n }, 100n), epochsOf({ 1: 100n }, 100n), false],
    ['nothing the master ever was', epochsOf({ 1: 0n }, 100n), epochsOf({ 2: 0n }, 100n), false],
  ])('%s', (_what, replica, its, possible) => {
    expect(canFollow(replica, its)).toBe(possible);
  });
});

describe('suspects', () => {
  it('are replicas that have been up, and apart from a master that answers, for long', () => {
    const found = suspects([groupView([master, apart('a-1'), apart('a-2', { upForMs: 1_000 })])]);
    expect(found.map(({ member }) => member.pod)).toEqual(['a-1']);
    const under = (over: Parameters<typeof brokerView>[1]) =>
      suspects([groupView([brokerView('a-0', { leads: true, healthy: undefined, ...over }), apart('a-1')])]);
    expect(under({ facts: { answers: false } })).toEqual([]);
    // A name server is silent.
    expect(under({ facts: { registered: undefined } })).toHaveLength(1);
  });
});

/** What an outage of everybody leaves behind: the master began its epoch anew. */
const outage = new Map([
  [master.address, epochsOf({ 1: 100n }, 100n)],
  ['a-1:10911', epochsOf({ 1: 0n }, 100n)],
  ['a-2:10911', epochsOf({ 1: 0n }, 100n)],
]);

describe('a group whose replicas cannot follow', () => {
  const groups = [groupView([master, apart('a-1'), apart('a-2')])];

  it('is found out, and one of them is made anew', () => {
    const found = divergences(suspects(groups), outage);
    expect(found.map(({ pod, expendable }) => [pod, expendable])).toEqual([
      ['a-1', true],
      ['a-2', true],
    ]);
    expect(found[0]?.message).toBe(
      "a-1 cannot follow its master a-0: its epochs (1 from 0, to 100) and the master's (1 from 100) have no beginning in common",
    );
    expect(rebuilds(groups, found).map(({ pod }) => pod)).toEqual(['a-1']);
  });

  it.each<[string, MemberView]>([
    ['is being made', apart('a-1', { phase: 'Starting' })],
    ['copies', apart('a-1')],
    ['is missing', apart('a-1', { phase: 'Missing' })],
  ])('the second waits while the first %s', (_what, first) => {
    const now = [groupView([master, first, apart('a-2')])];
    const epochs = new Map([...outage, ['a-1:10911', epochsOf({}, 0n)] as const]);
    expect(rebuilds(now, divergences(suspects(now), epochs))).toEqual([]);
  });

  it('the second follows when the first is in sync', () => {
    const now = [groupView([master, brokerView('a-1'), apart('a-2')])];
    expect(rebuilds(now, divergences(suspects(now), outage)).map(({ pod }) => pod)).toEqual(['a-2']);
  });

  it("keeps a log that is longer than the master's, and says what to do", () => {
    const longer = new Map([...outage, ['a-1:10911', epochsOf({ 1: 0n }, 101n)] as const]);
    const found = divergences(suspects(groups), longer);
    expect(found[0]).toMatchObject({ pod: 'a-1', expendable: false });
    expect(found[0]?.message).toContain('delete the claim and the pod');
    expect(rebuilds(groups, found).map(({ pod }) => pod)).toEqual(['a-2']);
  });

  it('keeps it also when the master has outgrown it meanwhile, and says the same', () => {
    const longer = (end: bigint) =>
      new Map([
        [master.address, epochsOf({ 1: 100n }, end)],
        ['a-1:10911', epochsOf({ 1: 0n }, 101n)],
      ]);
    const [before, after] = [
      divergences(suspects(groups), longer(100n)),
      divergences(suspects(groups), longer(9_000n)),
    ];
    expect(after).toEqual(before);
    expect(rebuilds(groups, after)).toEqual([]);
  });

  it('concludes nothing from silence', () => {
    expect(divergences(suspects(groups), new Map())).toEqual([]);
    expect(divergences(suspects(groups), new Map([...outage].slice(1)))).toEqual([]);
  });
});

const anyEpochs = fc
  .record({
    starts: fc.dictionary(fc.constantFrom('1', '2', '3'), fc.bigInt({ min: 0n, max: 3n })),
    maxOffset: fc.bigInt({ min: 0n, max: 5n }),
  })
  .map(({ starts, maxOffset }) => epochsOf(starts, maxOffset));
const anyReplica = (pod: string): fc.Arbitrary<MemberView> =>
  fc
    .record({
      phase: fc.constantFrom<MemberView['phase']>('Up', 'Up', 'Starting', 'Missing', 'Down'),
      inSync: fc.constantFrom(true, false, undefined),
      upForMs: fc.constantFrom(0, 60_000),
    })
    .map((over) => brokerView(pod, over));

describe('whatever the state', () => {
  it('at most one member of a group is made anew, never the master, never one in sync, never one with more', () => {
    fc.assert(
      fc.property(
        anyReplica('a-1'),
        anyReplica('a-2'),
        fc.array(anyEpochs, { minLength: 3, maxLength: 3 }),
        (one, two, all) => {
          const groups = [groupView([master, one, two])];
          const epochs = new Map(
            [master, one, two].flatMap(({ address }, index) => {
              const its = all[index];
              return its === undefined ? [] : [[address, its] as const];
            }),
          );
          const chosen = rebuilds(groups, divergences(suspects(groups), epochs));
          expect(chosen.length).toBeLessThanOrEqual(1);
          for (const { pod } of chosen) {
            const member = [one, two].find((each) => each.pod === pod);
            expect(member).toMatchObject({ inSync: false, phase: 'Up' });
            const [own, its] = [epochs.get(member?.address ?? ''), epochs.get(master.address)];
            expect((own?.maxOffset ?? 9n) <= (its?.maxOffset ?? -1n)).toBe(true);
          }
        },
      ),
    );
  });
});
