/** What Gantry's cells are to come to: one seed of each workload that is not a whole day, in both modes. */
import { ours } from './contestants.ts';
import { run } from './run.ts';
import { workloads, type Workload } from './workloads.ts';
import type { Mode } from './world.ts';

const SEED = 1;
const LONGEST_SECONDS = 6 * 3_600;
const modes: readonly Mode[] = ['queue', 'pop'];

export interface Budget {
  /** Percent of the messages that waited for longer than the SLO. */
  readonly latePercent: number;
  readonly replicaHours: number;
  readonly events: number;
}

export const budgeted: readonly Workload[] = workloads.filter(({ seconds }) => seconds <= LONGEST_SECONDS);

export type Budgets = Readonly<Record<Mode, Readonly<Record<string, Budget>>>>;

export function budgetOf(workload: Workload, mode: Mode): Budget {
  const { late, replicaHours, events } = run(ours, workload, mode, SEED);
  return { latePercent: rounded(100 * late), replicaHours: rounded(replicaHours), events };
}

export function budgets(): Budgets {
  const [queue = {}, pop = {}] = modes.map((mode) =>
    Object.fromEntries(budgeted.map((workload) => [workload.name, budgetOf(workload, mode)])),
  );
  return { queue, pop };
}

const rounded = (value: number): number => Math.round(100 * value) / 100;
