/** Proves the checker on the log of a run itself: plants each fault into it, and sees whether that one is found. Pure. */
import { checkLane, findings, type Finding, type Verdict } from './check.ts';
import type { Held, Lane } from './lines.ts';

export interface Proof {
  readonly planted: string;
  readonly finding: Finding;
  /** That number, and nothing else, was found in addition to what was there before. */
  readonly found: boolean;
}

interface Plant {
  readonly planted: string;
  readonly finding: Finding;
  readonly sequence: number;
  readonly lane: Lane;
}

/** @throws RangeError when no lane is long enough to plant anything in */
export function proveChecker(lanes: readonly Lane[]): readonly Proof[] {
  const lane = lanes.toSorted((a, b) => b.acknowledged.length - a.acknowledged.length)[0];
  if (lane === undefined) throw new RangeError('there is no lane to plant a fault in');
  const before = checkLane(lane);
  return [plantLoss(lane), plantDuplicate(lane), plantReordering(lane)].map((plant) => ({
    planted: plant.planted,
    finding: plant.finding,
    found: onlyAdded(before, checkLane(plant.lane), plant),
  }));
}

function onlyAdded(before: Verdict, after: Verdict, { finding, sequence }: Plant): boolean {
  return findings.every((each) => {
    const expected = each === finding ? [...before[each], sequence] : before[each];
    return sameNumbers(expected, after[each]);
  });
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return inOrder(a) === inOrder(b);
}

function inOrder(values: readonly number[]): string {
  return values.toSorted((a, b) => a - b).join(' ');
}

export function plantLoss(lane: Lane): Plant {
  const [{ sequence }] = middle(lane);
  const others = (held: readonly Held[]): readonly Held[] => held.filter((one) => one.sequence !== sequence);
  const planted = { ...lane, stored: others(lane.stored), delivered: others(lane.delivered) };
  return { planted: describe('a loss', lane, sequence), finding: 'lost', sequence, lane: planted };
}

/** One copy more than its sends explain. */
export function plantDuplicate(lane: Lane): Plant {
  const [{ sequence }] = middle(lane);
  const unknown = lane.acknowledged.find((one) => one.sequence === sequence)?.unknown ?? 0;
  const end = lane.stored.reduce((highest, { offset }) => Math.max(highest, offset), 0);
  const copies = Array.from({ length: unknown + 1 }, (_none, index) => ({
    offset: end + 1 + index,
    sequence,
  }));
  const planted = { ...lane, stored: [...lane.stored, ...copies] };
  return {
    planted: describe('a duplicate beyond at-least-once', lane, sequence),
    finding: 'beyond',
    sequence,
    lane: planted,
  };
}

/** Two neighbours change places, in the log and for who read it. */
export function plantReordering(lane: Lane): Plant {
  const [a, b] = middle(lane);
  const swapped = (held: readonly Held[]): readonly Held[] =>
    held.map((one) => {
      if (one.offset === a.offset) return { ...one, sequence: b.sequence };
      return one.offset === b.offset ? { ...one, sequence: a.sequence } : one;
    });
  const planted = { ...lane, stored: swapped(lane.stored), delivered: swapped(lane.delivered) };
  return {
    planted: describe('a reordering', lane, a.sequence),
    finding: 'disordered',
    sequence: a.sequence,
    lane: planted,
  };
}

/** Two acknowledged neighbours of the middle of the log that are there once and in order. */
function middle(lane: Lane): readonly [Held, Held] {
  const copies = new Map<number, number>();
  for (const { sequence } of lane.stored) copies.set(sequence, (copies.get(sequence) ?? 0) + 1);
  const acknowledged = new Set(lane.acknowledged.map(({ sequence }) => sequence));
  const single = ({ sequence }: Held): boolean => copies.get(sequence) === 1 && acknowledged.has(sequence);
  const pairs = lane.stored.flatMap((a, index): (readonly [Held, Held])[] => {
    const b = lane.stored[index + 1];
    return b !== undefined && single(a) && single(b) && b.sequence === a.sequence + 1 ? [[a, b]] : [];
  });
  const chosen = pairs[Math.floor(pairs.length / 2)];
  if (chosen === undefined)
    throw new RangeError('the longest lane has no two neighbours that are there once');
  return chosen;
}

function describe(what: string, lane: Lane, sequence: number): string {
  return `${what} of ${String(sequence)} in queue ${String(lane.queue)} of ${lane.group}`;
}
