/** Pods that should be there and are not made again. Pure. */
import type { Children } from './children.ts';
import type { Trouble } from './status.ts';
import type { MemberView } from './view.ts';

/** By pod: since when it has been missing, in epoch milliseconds. */
export type Absences = ReadonlyMap<string, number>;

/** A StatefulSet makes a pod again within a second or two. */
const lostAfterMs = 15_000;
const troubleAfterMs = 30_000;

/** @param before from the look before */
export function absences(members: readonly MemberView[], before: Absences, nowMs: number): Absences {
  return new Map(
    members
      .filter(({ phase }) => phase === 'Missing')
      .map(({ pod }) => [pod, Math.min(before.get(pod) ?? nowMs, nowMs)]),
  );
}

/** Pods that seem impossible to make from the template that their StatefulSet has. */
export function lostPods(absent: Absences, nowMs: number): ReadonlySet<string> {
  return new Set([...absent].flatMap(([pod, sinceMs]) => (nowMs - sinceMs >= lostAfterMs ? [pod] : [])));
}

/** Why a pod is refused, by a quota or an admission webhook, stands in the events of its StatefulSet only. */
export function absenceTroubles(
  members: readonly MemberView[],
  absent: Absences,
  children: Children,
  nowMs: number,
): readonly Trouble[] {
  return members.flatMap(({ pod, workload, fenced }): readonly Trouble[] => {
    const sinceMs = absent.get(pod);
    const made = children.statefulSets.has(workload) && !fenced;
    if (!made || sinceMs === undefined || nowMs - sinceMs < troubleAfterMs) return [];
    return [
      {
        reason: 'PodNotMade',
        message:
          `StatefulSet ${workload} does not make pod ${pod}: a quota or an admission rule may refuse it. ` +
          `"kubectl describe statefulset ${workload}" says why.`,
      },
    ];
  });
}
