/** What changes is told by events: replicas, whether they are decided, and what stands in the way. */
import type { Condition, ConsumerGroup, GroupScalingStatus } from '../api/mod.ts';
import { findCondition, type EventInput, type EventSink } from '../kube/mod.ts';

export function announce(
  events: EventSink,
  object: ConsumerGroup,
  before: GroupScalingStatus | undefined,
  after: GroupScalingStatus,
): void {
  for (const event of changes(before, after)) events.record(object, event);
}

/** Pure. */
export function changes(
  before: GroupScalingStatus | undefined,
  after: GroupScalingStatus,
): readonly EventInput[] {
  const [wasActive, active] = bothOf(before, after, 'ScalingActive');
  const [wasLimited, limited] = bothOf(before, after, 'ScalingLimited');
  const found: EventInput[] = [];
  if (after.lastScale !== undefined && before?.lastScale?.time !== after.lastScale.time)
    found.push(scaleEvent(after.lastScale, after));
  if (active !== undefined && !isSame(wasActive, active)) {
    const { status, reason, message } = active;
    if (status !== 'True')
      found.push({
        type: 'Warning',
        reason: 'ScalingHeld',
        action: 'Observe',
        note: `${reason}: ${message}`,
      });
    else if (wasActive !== undefined)
      found.push({ type: 'Normal', reason: 'ScalingResumed', action: 'Observe', note: message });
  }
  if (limited !== undefined && !isSame(wasLimited, limited)) {
    const note = `${limited.reason}: ${limited.message}`;
    found.push({ type: 'Warning', reason: 'ScalingLimited', action: 'Decide', note });
  }
  return found;
}

function bothOf(
  before: GroupScalingStatus | undefined,
  after: GroupScalingStatus,
  type: string,
): readonly [Condition | undefined, Condition | undefined] {
  return [findCondition(before?.conditions, type), findCondition(after.conditions, type)];
}

function isSame(a: Condition | undefined, b: Condition): boolean {
  return a?.status === b.status && a.reason === b.reason;
}

function scaleEvent(
  { from, to, reason }: NonNullable<GroupScalingStatus['lastScale']>,
  decided: GroupScalingStatus,
): EventInput {
  const type = 'Normal';
  const action = 'Scale';
  if (reason === 'ByHand') {
    const note = `replicas were set from ${from} to ${to} by somebody else, which is respected`;
    return { type, reason: 'ScaledByHand', action, note };
  }
  // The sentence is that of the group that wanted it.
  const why = decided.reason === reason ? `: ${decided.message ?? ''}` : ', by another group of the target';
  const note = `replicas from ${from} to ${to} (${reason})${why}`;
  return { type, reason: to > from ? 'ScaledUp' : 'ScaledDown', action, note };
}
