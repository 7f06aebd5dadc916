/** What Gantry's cells are to come to: one seed of each workload, in both modes. */
import { ours } from './contestants.ts';
import { run } from './run.ts';
import { workloads } from './workloads.ts';
import type { Mode } from './world.ts';

const SEED = 1;
const modes: readonly Mode[] = ['queue', 'pop'];

export interface Budget {
  /** Percent of the messages that waited for longer than the SLO. */
  readonly latePercent: number;
  readonly replicaHours: number;
  readonly events: number;
}

export type Budgets = Readonly<Record<Mode, Readonly<Record<string, Budget>>>>;

export function budgetOf(name: string, mode: Mode): Budget {
  const workload = workloads.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  const { late, replicaHours, events } = run(ours, workload, mode, SEED);
  return { latePercent: rounded(100 * late), replicaHours: rounded(replicaHours), events };
}

export function budgets(): Budgets {
  const [queue = {}, pop = {}] = modes.map((mode) =>
    Object.fromEntries(workloads.map(({ name }) => [name, budgetOf(name, mode)])),
  );
  return { queue, pop };
}

const rounded = (value: number): number => Math.round(100 * value) / 100;
