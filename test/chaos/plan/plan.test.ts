import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { keepsPromise, kindOf, lasts, nameOf, type Fault, type PlanShape } from './faults.ts';
import { planSteps, type Step } from './plan.ts';

const shape: PlanShape = {
  groups: ['broker-a', 'broker-b'],
  members: 3,
  minInSync: 2,
  controllers: 3,
  workers: 3,
  limitedGroup: 'broker-b',
};

const DECK = 20;

/** As many steps as it takes to have drawn every fault of the first `decks` decks. */
function stepsOf(seed: number, decks: number): readonly Step[] {
  const steps: Step[] = [];
  let drawn = 0;
  for (const step of planSteps(seed, shape)) {
    steps.push(step);
    drawn += step.faults.length;
    if (drawn >= decks * DECK) break;
  }
  return steps;
}

/** Counted by hand for this shape: one member of a group may be away, and one controller. */
function isTooMuch(faults: readonly Fault[]): boolean {
  const away: string[] = [];
  for (const fault of faults) {
    if (fault.kind === 'NodeStop' || fault.kind === 'NodeCut') away.push(...shape.groups, 'controllers');
    if (fault.kind === 'FullDisk') away.push(shape.limitedGroup);
    if (!('target' in fault)) continue;
    if ('group' in fault.target) away.push(fault.target.group);
    else if (fault.target.role.startsWith('Controller')) away.push('controllers');
  }
  return new Set(away).size < away.length;
}

const master = (group: string): Fault => ({ kind: 'Kill', target: { role: 'BrokerMaster', group } });
const replica = (group: string): Fault => ({ kind: 'Stop', target: { role: 'BrokerReplica', group } });

describe('keepsPromise', () => {
  it.each<[string, readonly Fault[], boolean]>([
    ['one member', [master('broker-a')], true],
    ['a member of each group', [master('broker-a'), master('broker-b')], true],
    ['two members of a group', [master('broker-a'), replica('broker-a')], false],
    ['a member and the full disk of its group', [master('broker-b'), { kind: 'FullDisk', holdMs: 1 }], false],
    ['a member and the full disk of another', [master('broker-a'), { kind: 'FullDisk', holdMs: 1 }], true],
    ['a node', [{ kind: 'NodeStop', worker: 0, holdMs: 1 }], true],
    ['a node and a member', [replica('broker-a'), { kind: 'NodeStop', worker: 0, holdMs: 1 }], false],
    [
      'two controllers',
      [
        { kind: 'Kill', target: { role: 'ControllerLeader' } },
        { kind: 'Stop', target: { role: 'ControllerFollower' } },
      ],
      false,
    ],
    [
      'the API server and the operator',
      [{ kind: 'ApiServerRestart' }, { kind: 'Kill', target: { role: 'Operator' } }],
      true,
    ],
  ])('%s', (_what, faults, kept) => {
    expect(keepsPromise(faults, shape)).toBe(kept);
  });

  it('is broken by one node of two, which has two members of a group', () => {
    const cut: Fault = { kind: 'NodeCut', worker: 0, holdMs: 1 };
    expect(keepsPromise([cut], { ...shape, workers: 2 })).toBe(false);
  });
});

describe('planSteps', () => {
  it('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(stepsOf(seed, 2)).toEqual(stepsOf(seed, 2));
        expect(stepsOf(seed, 2)).not.toEqual(stepsOf(seed + 1, 2));
      }),
      { numRuns: 50 },
    );
  });

  it('has every kind once before any comes twice', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const kinds = stepsOf(seed, 3)
          .flatMap(({ faults }) => faults)
          .map((fault) => (fault.kind === 'PodCut' ? 'PodCut' : kindOf(fault)));
        const first = kinds.slice(0, DECK);
        expect(new Set(first).size).toBe(DECK);
        expect(kinds.slice(DECK, 2 * DECK).toSorted()).toEqual(first.toSorted());
      }),
      { numRuns: 100 },
    );
  });

  it('marks exactly the steps that may leave a group or the controllers below their promise', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const wrong = stepsOf(seed, 4).filter(
          ({ faults, belowPromise }) => belowPromise !== isTooMuch(faults),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('never has more than two faults at once, nor two that last, and strikes before what lasts begins', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const wrong = stepsOf(seed, 4).filter(
          ({ faults: [first, second, ...more], pauseMs }) =>
            first === undefined ||
            more.length > 0 ||
            (second !== undefined && lasts(first)) ||
            pauseMs < 3_000,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('has pairs, and pairs that break the promise', () => {
    const pairs = stepsOf(7, 20).filter(({ faults }) => faults.length === 2);
    expect(pairs.some(({ belowPromise }) => !belowPromise)).toBe(true);
    expect(
      pairs.some(
        ({ belowPromise, faults }) => belowPromise && !faults.some(({ kind }) => kind.startsWith('Node')),
      ),
    ).toBe(true);
  });
});

it('names a fault with its target', () => {
  expect(
    [master('broker-a'), { kind: 'NodeCut', worker: 1, holdMs: 1 } as const].map((fault) => nameOf(fault)),
  ).toEqual(['Kill BrokerMaster broker-a', 'NodeCut']);
});
