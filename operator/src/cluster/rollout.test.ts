import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PodPhase } from './pods.ts';
import { decideRollout, holdMs, isOutdated, pausedRollout, type Member } from './rollout.ts';

const settled = { readyForMs: holdMs, upForMs: 120_000, apartForMs: 0, departing: false };

function member(over: Partial<Member> & Pick<Member, 'pod' | 'component'>): Member {
  return {
    phase: 'Up',
    revision: 'old',
    target: 'old',
    requested: false,
    healthy: true,
    leads: over.component === 'nameserver' ? undefined : false,
    ...(over.component === 'broker' ? { group: 'a', inSync: true } : {}),
    ...settled,
    ...over,
  };
}

function cluster(target: string): readonly Member[] {
  const group = (name: string): readonly Member[] =>
    [0, 1, 2].map((index) =>
      member({ pod: `${name}-${index}`, component: 'broker', group: name, leads: index === 1, target }),
    );
  return [
    ...[0, 1, 2].map((index) => member({ pod: `ns-${index}`, component: 'nameserver', target })),
    ...[0, 1, 2].map((index) =>
      member({ pod: `ctl-${index}`, component: 'controller', leads: index === 0, target }),
    ),
    ...group('a'),
    ...group('b'),
  ];
}

function withMember(members: readonly Member[], pod: string, over: Partial<Member>): readonly Member[] {
  return members.map((each) => (each.pod === pod ? { ...each, ...over } : each));
}

const restarted = (members: readonly Member[]): readonly string[] =>
  decideRollout(members).restarts.map(({ pod }) => pod);

describe('decideRollout', () => {
  it('does nothing when every pod runs its target', () => {
    expect(decideRollout(cluster('old'))).toEqual({ restarts: [], waiting: [] });
  });

  it('starts with the name servers, one at a time, and says what the others wait for', () => {
    const rollout = decideRollout(cluster('new'));
    expect(rollout.restarts).toEqual([{ pod: 'ns-0', reason: 'Changed' }]);
    expect(rollout.waiting).toHaveLength(11);
    expect(rollout.waiting[0]).toEqual({ pod: 'ns-1', message: 'ns-0 restarts first' });
  });

  it.each<[string, string, Partial<Member>, string]>([
    ['a missing pod', 'b-2', { phase: 'Missing', healthy: false }, 'b-2 is missing'],
    ['a stopping pod', 'b-2', { phase: 'Terminating', healthy: false }, 'b-2 is stopping'],
    ['a member out of sync', 'b-2', { healthy: false, inSync: false, readyForMs: 0 }, 'b-2 is not healthy'],
    ['a member that does not answer', 'ctl-1', { healthy: undefined }, 'ctl-1 does not answer'],
    [
      'a member that is ready since a moment',
      'ns-2',
      { readyForMs: 1000 },
      'ns-2 has only just become ready',
    ],
  ])('waits for %s', (_name, pod, over, why) => {
    const members = withMember(
      cluster('old').map((each) => (each.pod === 'a-0' ? { ...each, target: 'new' } : each)),
      pod,
      over,
    );
    expect(decideRollout(members)).toEqual({ restarts: [], waiting: [{ pod: 'a-0', message: why }] });
  });

  it('waits when it is not known who leads', () => {
    const members = withMember(cluster('old'), 'a-0', { target: 'new', leads: undefined });
    expect(decideRollout(members).waiting).toEqual([
      { pod: 'a-0', message: 'it is not known whether a-0 leads' },
    ]);
  });

  it('replaces everything that is down at once, before anything healthy', () => {
    const members = ['a-0', 'a-1', 'a-2'].reduce(
      (all, pod) =>
        withMember(all, pod, { phase: 'Down', healthy: false, leads: undefined, inSync: undefined }),
      cluster('new'),
    );
    expect(decideRollout(members).restarts).toEqual(
      ['a-0', 'a-1', 'a-2'].map((pod) => ({ pod, reason: 'Down' })),
    );
  });

  it('does not bring an evicted broker onto what a name server does not start with', () => {
    const failing = withMember(cluster('new'), 'ns-0', { revision: 'new', phase: 'Down', healthy: false });
    const back = { healthy: false, inSync: false, apartForMs: 60_000 } as const;
    expect(restarted(withMember(failing, 'a-2', { ...back, phase: 'Starting' }))).toEqual([]);
    expect(restarted(withMember(failing, 'a-2', { ...back, phase: 'Up' }))).toEqual([]);
    expect(restarted(withMember(failing, 'a-2', { ...back, phase: 'Down' }))).toEqual([]);
  });

  it('leaves a pod alone that is down with the right revision', () => {
    expect(restarted(withMember(cluster('old'), 'a-0', { phase: 'Down', healthy: false }))).toEqual([]);
  });

  it('brings nobody onto a revision that somebody else does not start with', () => {
    const evicted = (over: Partial<Member>): readonly Member[] =>
      withMember(
        withMember(cluster('new'), 'b-0', { revision: 'new', phase: 'Down', healthy: false }),
        'a-0',
        { healthy: false, inSync: false, apartForMs: 60_000, ...over },
      );
    for (const phase of ['Pending', 'Starting', 'Up', 'Down'] as const) {
      const { restarts, waiting } = decideRollout(evicted({ phase }));
      expect(restarts).toEqual([]);
      expect(waiting.map(({ pod }) => pod)).toContain('a-0');
    }
    // Corrected: both go.
    const corrected = evicted({ phase: 'Down' }).map((each) => ({ ...each, target: 'good' }));
    expect(restarted(corrected)).toEqual(['a-0', 'b-0']);
  });

  describe('while the maintenance windows are closed', () => {
    const closed = { open: false, why: 'the next maintenance window opens at noon' } as const;
    it('restarts nobody who is healthy for a change, and hands nothing over', () => {
      const { restarts, waiting, handOver } = decideRollout(cluster('new'), closed);
      expect([restarts, handOver]).toEqual([[], undefined]);
      expect(new Set(waiting.map(({ message }) => message))).toEqual(new Set([closed.why]));
    });

    it('heals', () => {
      const down = withMember(cluster('new'), 'a-0', { phase: 'Down', healthy: false });
      expect(decideRollout(down, closed).restarts).toEqual([{ pod: 'a-0', reason: 'Down' }]);
      const apart = (forMs: number): readonly Member[] =>
        withMember(cluster('new'), 'a-0', {
          healthy: false,
          inSync: false,
          apartForMs: forMs,
          upForMs: forMs,
        });
      expect(decideRollout(apart(600_000), closed).restarts).toEqual([{ pod: 'a-0', reason: 'NotReady' }]);
      // It may be copying from its master.
      expect(decideRollout(apart(599_999), closed).restarts).toEqual([]);
    });

    it('lets one that came back as it was start, as long as a store may take to be recovered', () => {
      const starting = (apartForMs: number): readonly Member[] =>
        withMember(cluster('new'), 'a-0', { phase: 'Starting', healthy: false, inSync: false, apartForMs });
      expect(decideRollout(starting(599_999), closed).restarts).toEqual([]);
      expect(decideRollout(starting(600_000), closed).restarts).toEqual([{ pod: 'a-0', reason: 'NotReady' }]);
      expect(decideRollout(starting(60_000)).restarts).toEqual([{ pod: 'a-0', reason: 'NotReady' }]);
      for (const pod of ['ns-0', 'ctl-1']) {
        const other = withMember(cluster('new'), pod, { phase: 'Starting', healthy: false });
        expect(decideRollout(other, closed).restarts).toEqual([]);
        expect(decideRollout(other).restarts).toEqual([{ pod, reason: 'NotReady' }]);
      }
    });

    it('restarts whom a person asks for', () => {
      const asked = withMember(cluster('new'), 'b-2', { requested: true });
      const { restarts, waiting } = decideRollout(asked, closed);
      expect(restarts).toEqual([{ pod: 'b-2', reason: 'Changed' }]);
      expect(waiting).toHaveLength(11);
    });

    it('stops between two members of a rollout that began before', () => {
      const begun = withMember(cluster('new'), 'ns-0', { revision: 'new' });
      expect(decideRollout(begun).restarts).toEqual([{ pod: 'ns-1', reason: 'Changed' }]);
      expect(decideRollout(begun, closed).restarts).toEqual([]);
    });
  });

  it('leaves a pod alone that has not even started, whatever it was made from', () => {
    const members = withMember(cluster('new'), 'a-0', { phase: 'Pending', healthy: false });
    expect(restarted(members)).toEqual([]);
  });

  it('replaces a replica that takes no part without waiting for the rest', () => {
    const apart = (apartForMs: number): readonly Member[] =>
      withMember(withMember(cluster('old'), 'b-0', { healthy: undefined }), 'a-0', {
        target: 'new',
        healthy: false,
        inSync: false,
        apartForMs,
      });
    expect(decideRollout(apart(60_000)).restarts).toEqual([{ pod: 'a-0', reason: 'NotReady' }]);
    // It may just be on its way to a new master.
    expect(decideRollout(apart(1_000)).restarts).toEqual([]);
    // It was known to be apart all the time that it was starting.
    const justUp = withMember(apart(60_000), 'a-0', { upForMs: 1_000 });
    expect(decideRollout(justUp).restarts).toEqual([]);
  });

  it('does not stop a replica whose place in the sync-state set is unknown', () => {
    const members = withMember(cluster('old'), 'a-0', { target: 'new', healthy: false, inSync: undefined });
    expect(restarted(members)).toEqual([]);
  });

  it('keeps a majority of controllers', () => {
    const one = withMember(cluster('new'), 'ctl-1', { healthy: false });
    expect(restarted(one)).toEqual(['ctl-1']);
    const two = withMember(one, 'ctl-2', { healthy: false, target: 'old' });
    expect(restarted(two)).toEqual([]);
    // Its leader may be the one that is silent.
    const silent = withMember(two, 'ctl-0', { healthy: undefined, leads: undefined });
    expect(restarted(silent)).toEqual([]);
    const nobody = withMember(two, 'ctl-0', { healthy: false, leads: undefined });
    expect(restarted(nobody)).toEqual(['ctl-0']);
  });

  it('replaces controllers one by one when none follows a leader', () => {
    const lost = ['ctl-0', 'ctl-1', 'ctl-2'].reduce(
      (all, pod) => withMember(all, pod, { healthy: false, leads: undefined }),
      cluster('new'),
    );
    expect(restarted(lost)).toEqual(['ctl-0']);
    const second = withMember(lost, 'ctl-0', { revision: 'new' });
    expect(restarted(second)).toEqual(['ctl-1']);
  });

  it('hands a master over only when everybody is well, to one that runs the new revision', () => {
    const last = cluster('old').map((each) =>
      each.group === 'a'
        ? { ...each, target: 'new', ...(each.leads === true ? {} : { revision: 'new' }) }
        : each,
    );
    expect(decideRollout(last)).toEqual({
      restarts: [],
      handOver: { group: 'a', from: 'a-1', to: 'a-0', why: 'which restarts next' },
      waiting: [{ pod: 'a-1', message: 'a-0 takes over a first' }],
    });
    const away = withMember(last, 'b-2', { phase: 'Missing', healthy: false });
    expect(decideRollout(away)).toEqual({
      restarts: [],
      waiting: [{ pod: 'a-1', message: 'b-2 is missing' }],
    });
  });

  it('restarts whom a person wants restarted, in the same order and with the same care', () => {
    const asked = cluster('old').map((each) => ({ ...each, requested: each.group === 'a' }));
    expect(restarted(asked)).toEqual(['a-0']);
    const last = asked.map((each) => ({ ...each, requested: each.pod === 'a-1' }));
    expect(decideRollout(last)).toMatchObject({ restarts: [], handOver: { from: 'a-1', to: 'a-0' } });
    expect(restarted(withMember(asked, 'b-2', { phase: 'Missing', healthy: false }))).toEqual([]);
  });

  it('restarts nobody while paused, and says so of each', () => {
    expect(pausedRollout(withMember(cluster('old'), 'a-0', { target: 'new' }))).toEqual({
      restarts: [],
      waiting: [{ pod: 'a-0', message: 'the cluster is paused' }],
    });
  });

  it('restarts the only member of a group as it is', () => {
    const only = member({ pod: 'a-0', component: 'broker', leads: true, target: 'new' });
    expect(decideRollout([only])).toEqual({ restarts: [{ pod: 'a-0', reason: 'Changed' }], waiting: [] });
  });
});

describe('where masters are fixed', () => {
  const fixed = (target: string): readonly Member[] =>
    cluster(target).flatMap((each): readonly Member[] =>
      each.component === 'controller'
        ? []
        : [each.component === 'broker' ? { ...each, leads: each.pod.endsWith('-0'), fixed: true } : each],
    );

  it('restarts the replicas of each group, then its master, and hands nothing over', () => {
    let members = fixed('new');
    const order: string[] = [];
    while (members.some(isOutdated)) {
      const { restarts, handOver } = decideRollout(members);
      expect(handOver).toBeUndefined();
      expect(restarts).toHaveLength(1);
      order.push(...restarts.map(({ pod }) => pod));
      members = withMember(members, order.at(-1) ?? '', { revision: 'new' });
    }
    expect(order).toEqual(['ns-0', 'ns-1', 'ns-2', 'a-1', 'a-2', 'a-0', 'b-1', 'b-2', 'b-0']);
  });

  it('waits with everybody while a master is away, since nobody knows who follows it', () => {
    const away = withMember(fixed('old'), 'a-0', { phase: 'Missing', healthy: false, inSync: false });
    const silent = withMember(away, 'a-1', { target: 'new', healthy: undefined, inSync: undefined });
    expect(decideRollout(silent).restarts).toEqual([]);
  });

  it.each<[string, Partial<Member>, readonly string[]]>([
    ['does not get going', { phase: 'Starting', healthy: false, inSync: false, apartForMs: 15_000 }, ['a-0']],
    ['has just been started', { phase: 'Starting', healthy: false, inSync: false, apartForMs: 5_000 }, []],
    ['is down', { phase: 'Down', healthy: false, inSync: false }, ['a-0']],
    ['does not answer', { healthy: undefined, inSync: undefined, apartForMs: 60_000 }, []],
  ])('replaces a master of an older revision that %s', (_name, over, expected) => {
    expect(restarted(withMember(fixed('old'), 'a-0', { target: 'new', ...over }))).toEqual(expected);
  });
});

/**
 * Carries out what was decided. A pod is stopped for one round, starting for the next, and then as it will be; a new
 * master has nobody in sync but itself for a round.
 */
function step(before: readonly Member[], heals: (each: Member) => boolean): readonly Member[] {
  const { restarts: chosen, handOver } = decideRollout(before);
  if (handOver !== undefined) {
    return before.map((each): Member => {
      if (each.group !== handOver.group) return each;
      const leads = each.pod === handOver.to;
      return { ...each, leads, healthy: leads, inSync: leads, readyForMs: leads ? holdMs : 0 };
    });
  }
  const members = before.map((each): Member =>
    each.component === 'broker' && each.phase === 'Up' && each.inSync === false
      ? { ...each, healthy: true, inSync: true, readyForMs: holdMs }
      : each,
  );
  const restarts = new Set(chosen.map(({ pod }) => pod));
  const lost = members.filter((each) => restarts.has(each.pod) && each.leads === true);
  const next = members.map((each): Member => {
    if (restarts.has(each.pod)) {
      return { ...each, phase: 'Terminating', healthy: false, inSync: false, leads: false, readyForMs: 0 };
    }
    if (each.phase === 'Terminating') return { ...each, phase: 'Starting', revision: each.target };
    if (each.phase === 'Starting' && heals(each)) {
      return { ...each, phase: 'Up', healthy: true, ...(each.group && { inSync: true }), readyForMs: holdMs };
    }
    return each;
  });
  return lost.reduce<readonly Member[]>((all, old) => {
    const heir = all.find(
      (each) => each.component === old.component && each.group === old.group && each.healthy === true,
    );
    return heir === undefined ? all : withMember(all, heir.pod, { leads: true });
  }, next);
}

const absent = (members: readonly Member[]): readonly Member[] =>
  members.filter((each) => each.healthy !== true);

describe('a rollout', () => {
  it('reaches every pod, never has two away, and stops each leader last, a master never', () => {
    let members = cluster('new');
    const order: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      const { restarts, handOver } = decideRollout(members);
      order.push(...restarts.map(({ pod }) => pod));
      if (handOver !== undefined) order.push(`${handOver.from} → ${handOver.to}`);
      const masters = members.filter((each) => each.component === 'broker' && each.leads === true);
      expect(restarts.filter(({ pod }) => masters.some((master) => master.pod === pod))).toEqual([]);
      members = step(members, () => true);
      expect(members.filter((each) => each.phase !== 'Up').length).toBeLessThanOrEqual(1);
    }
    expect(members.every((each) => each.revision === 'new')).toBe(true);
    expect(order).toEqual([
      'ns-0',
      'ns-1',
      'ns-2',
      'ctl-1',
      'ctl-2',
      'ctl-0',
      'a-0',
      'a-2',
      'a-1 → a-0',
      'a-1',
      'b-0',
      'b-2',
      'b-1 → b-0',
      'b-1',
    ]);
  });

  it('taken back half-way, leaves alone who has not restarted, and brings back who has', () => {
    for (let rounds = 1; rounds < 40; rounds += 1) {
      let members = cluster('new');
      for (let round = 0; round < rounds; round += 1) members = step(members, () => true);
      // Also in the middle of a restart or a hand-over.
      const untouched = members.filter(({ revision }) => revision === 'old').map(({ pod }) => pod);
      members = members.map((each) => ({ ...each, target: 'old' }));
      const stopped = new Set<string>();
      for (let round = 0; round < 100; round += 1) {
        for (const pod of restarted(members)) stopped.add(pod);
        members = step(members, () => true);
      }
      expect(members.every((each) => each.revision === 'old' && each.healthy === true)).toBe(true);
      expect(untouched.filter((pod) => stopped.has(pod))).toEqual([]);
    }
  });

  it('stops at the first member of a bad revision, and a corrected one heals it', () => {
    let members = cluster('bad');
    for (let round = 0; round < 20; round += 1) members = step(members, (each) => each.target !== 'bad');
    expect(absent(members).map(({ pod }) => pod)).toEqual(['ns-0']);
    expect(members.filter((each) => each.revision === 'bad')).toHaveLength(1);

    members = members.map((each) => ({
      ...each,
      target: 'good',
      ...(each.pod === 'ns-0' && { phase: 'Down' }),
    }));
    for (let round = 0; round < 100; round += 1) members = step(members, () => true);
    expect(members.every((each) => each.revision === 'good' && each.healthy === true)).toBe(true);
  });
});

const anyMember = (pod: string, component: Member['component'], group?: string): fc.Arbitrary<Member> =>
  fc
    .record({
      phase: fc.constantFrom<PodPhase>('Missing', 'Terminating', 'Pending', 'Down', 'Starting', 'Up'),
      revision: fc.constantFrom('old', 'new'),
      target: fc.constantFrom('old', 'new'),
      requested: fc.constantFrom(false, false, true),
      healthy: fc.constantFrom(true, true, false, undefined),
      inSync: fc.constantFrom(true, true, false, undefined),
      // Name servers know no leader.
      leads:
        component === 'nameserver' ? fc.constant(undefined) : fc.constantFrom(true, false, false, undefined),
      readyForMs: fc.constantFrom(0, holdMs),
      upForMs: fc.constantFrom(0, 120_000),
      apartForMs: fc.constantFrom(0, 120_000),
    })
    .map((over) => member({ pod, component, ...(group === undefined ? {} : { group }), ...over }));

const anyCluster: fc.Arbitrary<readonly Member[]> = fc.tuple(
  ...[0, 1, 2].map((index) => anyMember(`ns-${index}`, 'nameserver')),
  ...[0, 1, 2].map((index) => anyMember(`ctl-${index}`, 'controller')),
  ...['a', 'b'].flatMap((group) => [0, 1, 2].map((index) => anyMember(`${group}-${index}`, 'broker', group))),
);

describe('whatever the state', () => {
  const chosenOf = (members: readonly Member[]): readonly Member[] => {
    const names = new Set(restarted(members));
    return members.filter((each) => names.has(each.pod));
  };

  it('stops at most one running pod, and only outdated ones', () => {
    fc.assert(
      fc.property(anyCluster, (members) => {
        const chosen = chosenOf(members);
        expect(chosen.every(isOutdated)).toBe(true);
        expect(chosen.filter((each) => each.phase !== 'Down').length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never stops a member that may be in sync while another of its group is away or behind', () => {
    fc.assert(
      fc.property(anyCluster, (members) => {
        for (const each of chosenOf(members)) {
          if (each.component !== 'broker' || each.phase === 'Down' || each.inSync === false) continue;
          const others = members.filter((other) => other.group === each.group && other !== each);
          expect(others.every((other) => other.phase === 'Up' && other.healthy === true)).toBe(true);
        }
      }),
    );
  });

  it('stops a master last', () => {
    fc.assert(
      fc.property(anyCluster, (members) => {
        for (const each of chosenOf(members)) {
          if (each.leads !== true || each.phase === 'Down') continue;
          const peers = members.filter(
            (other) => other.component === each.component && other.group === each.group && other !== each,
          );
          expect(peers.some((peer) => isOutdated(peer) && peer.leads !== true)).toBe(false);
        }
      }),
    );
  });

  it('hands over only between members of one group that are both healthy, and restarts nobody meanwhile', () => {
    fc.assert(
      fc.property(anyCluster, (members) => {
        const { handOver, restarts } = decideRollout(members);
        if (handOver === undefined) return;
        expect(restarts).toEqual([]);
        const [from, to] = [handOver.from, handOver.to].map((pod) =>
          members.find((each) => each.pod === pod),
        );
        expect(from).toMatchObject({ group: handOver.group, leads: true, healthy: true });
        expect(to).toMatchObject({ group: handOver.group, healthy: true, phase: 'Up' });
        expect(to).not.toBe(from);
      }),
    );
  });

  it('accounts for every outdated pod: it restarts, or says what it waits for', () => {
    fc.assert(
      fc.property(anyCluster, (members) => {
        const { restarts, waiting } = decideRollout(members);
        const named = new Set([...restarts, ...waiting].map(({ pod }) => pod));
        const silent = members.filter(
          (each) => isOutdated(each) && each.phase !== 'Missing' && !named.has(each.pod),
        );
        expect(silent).toEqual([]);
      }),
    );
  });
});
