/** How long a group acknowledged nothing, by the record alone. All times are epoch milliseconds or milliseconds. Pure. */
import { largestGap } from '../../e2e/harness/record/gaps.ts';
import type { Lane } from './lines.ts';

/** When each group acknowledged, in order. */
export function acknowledgements(lanes: readonly Lane[]): ReadonlyMap<string, readonly number[]> {
  const groups = [...new Set(lanes.map(({ group }) => group))].toSorted();
  return new Map(
    groups.map((group) => [
      group,
      lanes
        .filter((lane) => lane.group === group)
        .flatMap(({ acknowledged }) => acknowledged.map(({ at }) => at))
        .toSorted((a, b) => a - b),
    ]),
  );
}

export interface Outage {
  /** The longest silence that began before `to` and ended after `from`. */
  readonly silenceMs: number;
  /** From `from` to the acknowledgement that ended it: the first write after the fault. */
  readonly firstWriteMs: number;
}

/** What a fault at `from`, over at `to`, did to a group. Undefined when it never acknowledged again. */
export function outageOf(times: readonly number[], from: number, to: number): Outage | undefined {
  const begin = times.findLastIndex((at) => at <= from);
  const end = times.findIndex((at) => at > to);
  const seen = times.slice(Math.max(begin, 0), end === -1 ? undefined : end + 1);
  const gap = largestGap(seen);
  if (gap === undefined || (times.at(-1) ?? 0) <= from) return undefined;
  return { silenceMs: gap.lengthMs, firstWriteMs: Math.max(0, gap.from + gap.lengthMs - from) };
}
