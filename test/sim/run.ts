/** Runs contestants through worlds. */
import type { Contestant } from './contestant.ts';
import type { Workload } from './workloads.ts';
import { usualWorld, World, type Mode, type Outcome, type WorldSettings } from './world.ts';

export function run(
  contestant: Contestant,
  workload: Workload,
  mode: Mode,
  seed: number,
  settings: WorldSettings = usualWorld,
): Outcome {
  const world = new World(workload, mode, seed, settings);
  const act = contestant.enter(world, seed);
  while (!world.isOver) {
    act();
    world.advance();
  }
  return world.outcome();
}

/** Means over seeds. */
export function runSeeds(
  contestant: Contestant,
  workload: Workload,
  mode: Mode,
  seeds: readonly number[],
): Outcome {
  return combine(
    seeds.map((seed) => run(contestant, workload, mode, seed)),
    1 / seeds.length,
  );
}

/** Over workloads: hours, seconds and events add up, and lateness is the mean of their parts. */
export function total(outcomes: readonly Outcome[]): Outcome {
  const sum = combine(outcomes, 1);
  return { ...sum, late: sum.late / outcomes.length };
}

function combine(outcomes: readonly Outcome[], factor: number): Outcome {
  const of = (figure: keyof Outcome) => factor * outcomes.reduce((sum, each) => sum + each[figure], 0);
  return {
    late: of('late'),
    secondsOverSlo: of('secondsOverSlo'),
    replicaHours: of('replicaHours'),
    events: of('events'),
    movedQueues: of('movedQueues'),
    idealHours: of('idealHours'),
  };
}
