/** From what was measured of fleets to figures. */
import { spreadOf, type Figure } from './figures.ts';

/**
 * What one cluster of the fleet is.
 * - `Whole`: as all others are.
 * - `Hanging`: its servers take requests and never answer.
 * - `NoImage`: its pods never start, since no registry has their image.
 */
export const cases = ['Whole', 'Hanging', 'NoImage'] as const;
export type Case = (typeof cases)[number];

/** One fleet, from the creation of its clusters until all others than the first were Ready. */
export interface FleetRun {
  readonly case: Case;
  /** Of each of the others, in milliseconds from its creation. */
  readonly readyMs: readonly number[];
  /** Mean time that a cluster waited for a worker of the operator. */
  readonly waitedMs: number;
  /** Anonymous memory of the operator, sample by sample. */
  readonly mebibytes: readonly number[];
}

const words: Readonly<Record<Case, string>> = {
  Whole: 'all whole',
  Hanging: 'one hangs',
  NoImage: 'one has no image',
};

/** A fifth longer than beside a whole one: what the design allows. */
const RATIO_BAR = 1.2;

const statistics = [
  {
    name: 'median',
    of: (run: FleetRun) => spreadOf({ name: run.case, unit: 'ms', values: run.readyMs }).median,
  },
  { name: 'last', of: (run: FleetRun) => Math.max(...run.readyMs) },
] as const;

/** @param rounds each with one run of every case */
export function fleetFigures(rounds: readonly (readonly FleetRun[])[]): readonly Figure[] {
  const runsOf = (wanted: Case): readonly FleetRun[] => rounds.map((round) => runOf(round, wanted));
  const broken = cases.filter((each) => each !== 'Whole');
  return [
    ...cases.flatMap((each) =>
      statistics.map(({ name, of }) => ({
        name: `${words[each]}: created → Ready, ${name} of the others`,
        unit: 's',
        values: runsOf(each).map((run) => of(run) / 1_000),
      })),
    ),
    ...broken.flatMap((each) =>
      statistics.map(({ name, of }) => ({
        name: `${words[each]}: ${name}, against all whole in the same round`,
        unit: '×',
        bar: RATIO_BAR,
        values: rounds.map((round) => of(runOf(round, each)) / of(runOf(round, 'Whole'))),
      })),
    ),
    ...cases.map((each) => ({
      name: `${words[each]}: a cluster waits for a worker, mean`,
      unit: 'ms',
      values: runsOf(each).map(({ waitedMs }) => waitedMs),
    })),
    ...cases.map((each) => ({
      name: `${words[each]}: anonymous memory of the operator`,
      unit: 'MiB',
      values: runsOf(each).flatMap(({ mebibytes }) => mebibytes),
    })),
  ];
}

/** @throws RangeError when the round has no such run */
function runOf(round: readonly FleetRun[], wanted: Case): FleetRun {
  const run = round.find((each) => each.case === wanted);
  if (run === undefined) throw new RangeError(`a round without a run of ${wanted}`);
  return run;
}
