/** The number that makes a HorizontalPodAutoscaler arrive at what was decided. Pure. */

/** HorizontalPodAutoscalers act on nothing that is closer than this to what is there (`horizontal-pod-autoscaler-tolerance`). */
const TOLERANCE = 0.1;
/** A target of one a replica is rounded up. */
const JUST_BELOW = 0.9;

/**
 * For a metric of type AverageValue with the target 1. A step up inside of the tolerance is published as one just outside of it,
 * which maxReplicaCount cuts. A step down is published a little smaller than it is, and rounded up again; one that is inside of
 * the tolerance even so waits until it is larger.
 *
 * @param current that the target is set to
 */
export function metricFor(current: number, decided: number): number {
  if (decided > current && current > 0) return Math.max(decided, Math.floor((1 + TOLERANCE) * current) + 1);
  if (decided < current && decided > 0) return decided - JUST_BELOW;
  return decided;
}
