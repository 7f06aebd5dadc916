import { describe, expect, it } from '@jest/globals';
import { spreadOf } from './figures.ts';
import { fleetFigures, type Case, type FleetRun } from './fleet-figures.ts';

const run = (kind: Case, readyMs: readonly number[], waitedMs = 1): FleetRun => ({
  case: kind,
  readyMs,
  waitedMs,
  mebibytes: [50, 60],
});

const rounds = [
  [
    run('Whole', [1_000, 2_000, 4_000]),
    run('Hanging', [1_000, 3_000, 5_000]),
    run('NoImage', [1_000, 2_000, 2_000]),
  ],
  [
    run('NoImage', [1_000, 4_000, 4_000]),
    run('Hanging', [1_000, 4_000, 4_000], 9),
    run('Whole', [2_000, 4_000, 8_000]),
  ],
];

describe('fleetFigures', () => {
  const figures = new Map(fleetFigures(rounds).map((figure) => [figure.name, figure]));

  it.each([
    ['all whole: created → Ready, median of the others', [2, 4]],
    ['all whole: created → Ready, last of the others', [4, 8]],
    ['one hangs: median, against all whole in the same round', [1.5, 1]],
    ['one hangs: last, against all whole in the same round', [1.25, 0.5]],
    ['one has no image: last, against all whole in the same round', [0.5, 0.5]],
    ['one hangs: a cluster waits for a worker, mean', [1, 9]],
    ['one has no image: anonymous memory of the operator', [50, 60, 50, 60]],
  ])('%s', (name, values) => {
    expect(figures.get(name)?.values).toEqual(values);
  });

  it('holds the ratios alone to the bar', () => {
    const barred = [...figures.values()].filter(({ bar }) => bar !== undefined);
    expect(barred.map(({ unit, bar }) => `${String(bar)} ${unit}`)).toEqual(Array(4).fill('1.2 ×'));
  });

  it('makes nothing of a round that lacks a case, or of a run without a cluster', () => {
    expect(() => fleetFigures([[run('Whole', [1])]])).toThrow(RangeError);
    const empty = rounds.map((round) => round.map((each) => ({ ...each, readyMs: [] })));
    expect(() => fleetFigures(empty).map((figure) => spreadOf(figure))).toThrow(RangeError);
  });
});
