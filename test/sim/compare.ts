/** Gantry beside the best of KEDA. */
import type { Contestant } from './contestant.ts';
import { ours, studiedContestants } from './contestants.ts';
import { runSeeds, total } from './run.ts';
import { study, studied, type Cell } from './study.ts';
import { attainable, workloads, type Workload } from './workloads.ts';
import type { Mode, Outcome } from './world.ts';

/** What the comparison is judged by (issue 6, show 5). */
const BARS = { late: 1, replicaHours: 1.15, events: 0.2 } as const;
const WITHIN = 0.1;
/** Of all messages. */
const NEARLY = 0.01;

export type Progress = (text: string) => void;

export interface StudyCell {
  readonly contestant: string;
  readonly workload: string;
  readonly mode: Mode;
  readonly measured: Outcome;
  readonly studied: Cell;
  /** Whether each figure is within a tenth of the study's, or a half of its last digit. */
  readonly isWithin: { readonly late: boolean; readonly replicaHours: boolean; readonly events: boolean };
}

export function studyCells(
  names: readonly string[],
  modes: readonly Mode[],
  seeds: readonly number[],
  progress: Progress,
): readonly StudyCell[] {
  return modes.flatMap((mode) =>
    chosen(names).flatMap((workload) => {
      progress(`${mode} ${workload.name}`);
      return studiedContestants.flatMap((contestant, index) => {
        const cell = study[mode][workload.name]?.[index];
        if (cell === undefined) return [];
        const measured = runSeeds(contestant, workload, mode, seeds);
        const isWithin = {
          late: isNear(100 * measured.late, cell[0], 0.05),
          replicaHours: isNear(measured.replicaHours, cell[1], 0.05),
          events: isNear(measured.events, cell[2], 0.5),
        };
        return [
          {
            contestant: studied[index] ?? '',
            workload: workload.name,
            mode,
            measured,
            studied: cell,
            isWithin,
          },
        ];
      });
    }),
  );
}

export interface Ranked {
  readonly name: string;
  readonly total: Outcome;
}

export interface Comparison {
  readonly mode: Mode;
  readonly seeds: readonly number[];
  readonly ours: Ranked;
  readonly sweep: readonly Ranked[];
  /** The cheapest of those that are at most one percent of the messages later than the least late. */
  readonly best: Ranked;
  readonly ratios: Ratios;
  readonly passes: boolean;
}

export interface Ratios {
  readonly late: number;
  readonly replicaHours: number;
  readonly events: number;
}

export function compare(
  mode: Mode,
  seeds: readonly number[],
  contestants: readonly Contestant[],
  progress: Progress,
): Comparison {
  const measure = (contestant: Contestant): Ranked => {
    progress(`${mode} ${contestant.name}`);
    const outcomes = chosen(attainable).map((workload) => runSeeds(contestant, workload, mode, seeds));
    return { name: contestant.name, total: total(outcomes) };
  };
  const gantry = measure(ours);
  const ranked = contestants.map(measure);
  const best = bestOf(ranked);
  const ratios = ratiosOf(gantry.total, best.total);
  return { mode, seeds, ours: gantry, sweep: ranked, best, ratios, passes: isPassing(ratios) };
}

export function ratiosOf(one: Outcome, other: Outcome): Ratios {
  return {
    late: partOf(one.late, other.late),
    replicaHours: partOf(one.replicaHours, other.replicaHours),
    events: partOf(one.events, other.events),
  };
}

const partOf = (one: number, other: number): number => (one === other ? 1 : one / other);

export function isPassing(ratios: Ratios): boolean {
  return ratios.late <= BARS.late && ratios.replicaHours <= BARS.replicaHours && ratios.events <= BARS.events;
}

/** The cheapest of those that are nearly as little late as the least: more replicas make anybody a little less late. */
function bestOf(ranked: readonly Ranked[]): Ranked {
  const least = Math.min(...ranked.map((each) => each.total.late));
  const [best] = ranked
    .filter((each) => each.total.late <= least + NEARLY)
    .toSorted((a, b) => a.total.replicaHours - b.total.replicaHours);
  if (best === undefined) throw new Error('there is no setting of KEDA to compare with');
  return best;
}

export function chosen(names: readonly string[]): readonly Workload[] {
  return workloads.filter(({ name }) => names.includes(name));
}

function isNear(measured: number, expected: number, rounding: number): boolean {
  return Math.abs(measured - expected) <= Math.max(WITHIN * expected, rounding);
}
