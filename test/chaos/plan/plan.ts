/** Which faults come in which order: by the seed alone. Pure. */
import { integerIn, pick, seededRandom, type Random } from '../../e2e/harness/random.ts';
import {
  brokerRoles,
  keepsPromise,
  lasts,
  singleRoles,
  type Fault,
  type PlanShape,
  type Target,
} from './faults.ts';

export interface Step {
  /** From 1. */
  readonly number: number;
  /** At once; of two, the one that only strikes is first. */
  readonly faults: readonly Fault[];
  /** Together they may leave a group without its promised members: it may refuse sends, but still not lose any. */
  readonly belowPromise: boolean;
  /** Of undisturbed traffic before it. */
  readonly pauseMs: number;
}

const PAIR_CHANCE = 1 / 3;
/** Of the pairs, those that may break the promise. */
const BELOW_CHANCE = 1 / 4;

/** Endless. Every fault comes once before any comes twice; the same seed gives the same steps. */
export function* planSteps(seed: number, shape: PlanShape): Generator<Step, never> {
  const random = seededRandom(seed);
  let left: readonly Fault[] = [];
  for (let number = 1; ; number += 1) {
    if (left.length === 0) left = shuffled(random, everyFault(random, shape));
    const faults = take(random, left, shape);
    left = left.filter((fault) => !faults.includes(fault));
    yield {
      number,
      faults: faults.toSorted((a, b) => Number(lasts(a)) - Number(lasts(b))),
      belowPromise: !keepsPromise(faults, shape),
      pauseMs: integerIn(random, 3, 12) * 1_000,
    };
  }
}

/** The first fault that is left, and sometimes a second one that goes with it. */
function take(random: Random, left: readonly Fault[], shape: PlanShape): readonly Fault[] {
  const [first, ...others] = left;
  if (first === undefined) throw new RangeError('no fault is left');
  if (random() >= PAIR_CHANCE) return [first];
  const mayBreak = random() < BELOW_CHANCE;
  const second = others.find(
    (other) =>
      !(lasts(first) && lasts(other)) &&
      !sameTarget(first, other) &&
      (mayBreak || keepsPromise([first, other], shape)),
  );
  return second === undefined ? [first] : [first, second];
}

/** Nobody can be struck twice at once: the second blow would hit a pod that is gone. */
function sameTarget(a: Fault, b: Fault): boolean {
  return 'target' in a && 'target' in b && JSON.stringify(a.target) === JSON.stringify(b.target);
}

/** One of each kind, with what it hits and how long it holds chosen anew. */
function everyFault(random: Random, shape: PlanShape): readonly Fault[] {
  const targets = (): readonly Target[] => [
    ...singleRoles.map((role) => ({ role })),
    ...brokerRoles.map((role) => ({ role, group: pick(random, shape.groups) })),
  ];
  const hold = (from: number, to: number): number => integerIn(random, from, to) * 1_000;
  const worker = (): number => integerIn(random, 0, shape.workers - 1);
  const master = (): Target => ({ role: 'BrokerMaster', group: pick(random, shape.groups) });
  const cut = pick<Target>(random, [
    master(),
    { role: 'BrokerReplica', group: pick(random, shape.groups) },
    { role: 'ControllerLeader' },
  ]);
  return [
    ...targets().map((target): Fault => ({ kind: 'Kill', target })),
    ...targets().map((target): Fault => ({ kind: 'Stop', target })),
    { kind: 'Hang', target: master(), holdMs: hold(5, 25) },
    { kind: 'PodCut', target: cut, holdMs: hold(15, 40) },
    { kind: 'NodeCut', worker: worker(), holdMs: hold(15, 40) },
    // Kubernetes takes 40 s to see that a node is away: some holds end before, some after.
    { kind: 'NodeStop', worker: worker(), holdMs: hold(15, 70) },
    // A broker looks at its disk every 10 s.
    { kind: 'FullDisk', holdMs: hold(25, 45) },
    { kind: 'ApiServerRestart' },
  ];
}

/** Fisher and Yates. */
function shuffled<T>(random: Random, values: readonly T[]): readonly T[] {
  const deck = [...values];
  for (let last = deck.length - 1; last > 0; last -= 1) {
    const other = integerIn(random, 0, last);
    const [a, b] = [deck[last], deck[other]];
    if (a === undefined || b === undefined) continue;
    deck[last] = b;
    deck[other] = a;
  }
  return deck;
}
