/** Accounts for every message of a run, by the producers' own record and what came out. Knows no cluster. Pure. */
import type { Held, Lane } from './lines.ts';

/** Sequence numbers of one lane. */
export interface Verdict {
  /** Acknowledged, and not in the log. */
  readonly lost: readonly number[];
  /**
   * More copies in the log than at-least-once explains: one for the acknowledgement and one for each send whose outcome
   * nobody knows. A send that was refused, or never left, explains none.
   */
  readonly beyond: readonly number[];
  /**
   * Its first copy comes after the first copy of a later number. A number is sent once the one before it was
   * acknowledged, so first copies are in order; a later copy may be a send that was thought dead and was only late.
   */
  readonly disordered: readonly number[];
  /** In the log, and nobody sent it. */
  readonly invented: readonly number[];
  /** Acknowledged and in the log, and no consumer was given it. */
  readonly undelivered: readonly number[];
  /** Given to a consumer from a place of the log where something else is now. */
  readonly withdrawn: readonly number[];
  /** More than one copy, as many as at-least-once explains. */
  readonly repeated: readonly number[];
}

/** Everything that is a fault of the cluster; `repeated` is none. */
export const findings = ['lost', 'beyond', 'disordered', 'invented', 'undelivered', 'withdrawn'] as const;

export type Finding = (typeof findings)[number];

export function checkLane(lane: Lane): Verdict {
  const copies = countsOf(lane.stored);
  const delivered = new Set(lane.delivered.map(({ sequence }) => sequence));
  const allowed = new Map([
    ...lane.acknowledged.map(({ sequence, unknown }): [number, number] => [sequence, 1 + unknown]),
    ...lane.unfinished.map(({ sequence, unknown }): [number, number] => [sequence, unknown]),
  ]);
  const present = [...copies.keys()];
  const known = present.filter((sequence) => allowed.has(sequence));
  const excess = (sequence: number): number => (copies.get(sequence) ?? 0) - (allowed.get(sequence) ?? 0);
  const acknowledged = lane.acknowledged.map(({ sequence }) => sequence);
  return {
    lost: acknowledged.filter((sequence) => !copies.has(sequence)),
    beyond: known.filter((sequence) => excess(sequence) > 0),
    disordered: disorderOf(present),
    invented: present.filter((sequence) => !allowed.has(sequence)),
    undelivered: acknowledged.filter((sequence) => copies.has(sequence) && !delivered.has(sequence)),
    withdrawn: withdrawnOf(lane),
    repeated: known.filter((sequence) => (copies.get(sequence) ?? 0) > 1 && excess(sequence) <= 0),
  };
}

/** Number → copies; its keys are in the order of the first copies. */
function countsOf(held: readonly Held[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { sequence } of held) counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
  return counts;
}

function disorderOf(firsts: readonly number[]): readonly number[] {
  const found: number[] = [];
  let highest = 0;
  for (const sequence of firsts) {
    if (sequence < highest) found.push(sequence);
    highest = Math.max(highest, sequence);
  }
  return found;
}

function withdrawnOf({ delivered, stored }: Lane): readonly number[] {
  const now = new Map(stored.map(({ offset, sequence }) => [offset, sequence]));
  return delivered
    .filter(({ offset, sequence }) => now.get(offset) !== sequence)
    .map(({ sequence }) => sequence);
}

export interface GroupVerdict {
  readonly group: string;
  /** Attempts, the unanswered ones included. */
  readonly sends: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly counts: Readonly<Record<Finding | 'repeated', number>>;
  /** The first few of each finding, as `queue/number`. */
  readonly examples: Readonly<Partial<Record<Finding, readonly string[]>>>;
  /** When those that are lost were acknowledged, in epoch milliseconds: it tells what lost them. */
  readonly lostAt: readonly number[];
}

const EXAMPLES = 5;

export function checkGroups(lanes: readonly Lane[]): readonly GroupVerdict[] {
  const groups = [...new Set(lanes.map(({ group }) => group))].toSorted();
  return groups.map((group) => {
    const own = lanes
      .filter((lane) => lane.group === group)
      .map((lane) => ({ lane, verdict: checkLane(lane) }));
    const sum = (of: (one: (typeof own)[number]) => number): number =>
      own.reduce((total, one) => total + of(one), 0);
    const named = (finding: Finding): readonly string[] =>
      own.flatMap(({ lane, verdict }) =>
        verdict[finding].map((sequence) => `${String(lane.queue)}/${String(sequence)}`),
      );
    return {
      group,
      sends: sum(({ lane }) => lane.acknowledged.reduce((total, { attempts }) => total + attempts, 0)),
      acknowledged: sum(({ lane }) => lane.acknowledged.length),
      delivered: sum(({ lane }) => lane.delivered.length),
      counts: {
        lost: named('lost').length,
        beyond: named('beyond').length,
        disordered: named('disordered').length,
        invented: named('invented').length,
        undelivered: named('undelivered').length,
        withdrawn: named('withdrawn').length,
        repeated: sum(({ verdict }) => verdict.repeated.length),
      },
      examples: Object.fromEntries(
        findings
          .map((finding) => [finding, named(finding).slice(0, EXAMPLES)])
          .filter(([, some]) => some?.length !== 0),
      ),
      lostAt: own.flatMap(({ lane, verdict }) => lossesOf(lane, verdict)).toSorted((a, b) => a - b),
    };
  });
}

function lossesOf({ acknowledged }: Lane, { lost }: Verdict): readonly number[] {
  const gone = new Set(lost);
  return acknowledged.filter(({ sequence }) => gone.has(sequence)).map(({ at }) => at);
}

export function isClean({ counts }: Pick<GroupVerdict, 'counts'>): boolean {
  return findings.every((finding) => counts[finding] === 0);
}
