/** Rules that come before any size: each looks at one thing and says why nothing is decided, or nothing. Pure. */
import type { Reason } from './model.ts';
import type { View } from './view.ts';

const SECOND_MS = 1_000;

export interface Verdict {
  readonly replicas: number;
  readonly reason: Reason;
}

export type Rule = (view: View) => Verdict | undefined;

const asTheyAre = ({ replicas }: View, reason: Reason): Verdict => ({ replicas, reason });

/** Every member of a broadcast gets everything, and commits nothing to brokers: lag is the whole log, for ever. */
export function broadcast(view: View): Verdict | undefined {
  if (!view.observation.broadcast) return undefined;
  return asTheyAre(view, { kind: 'Refused', because: 'Broadcast', rivals: [] });
}

/** Two that write the same number undo each other's. */
export function rival(view: View): Verdict | undefined {
  const { rivals } = view.observation;
  if (view.settings.actuator !== 'Scale' || rivals.length === 0) return undefined;
  return asTheyAre(view, { kind: 'Refused', because: 'Rival', rivals });
}

export function stopped(view: View): Verdict | undefined {
  const { replicas, settings } = view;
  if (replicas > 0 || settings.minReplicas === 0) return undefined;
  return asTheyAre(view, { kind: 'Stopped' });
}

export function byHand(view: View): Verdict | undefined {
  const untilAtMs = view.memory.byHandUntilAtMs;
  if (untilAtMs === undefined || view.nowMs >= untilAtMs) return undefined;
  return asTheyAre(view, { kind: 'ByHand', replicas: view.replicas, untilAtMs });
}

export function belowMinimum({ replicas, settings: { minReplicas } }: View): Verdict | undefined {
  if (replicas >= minReplicas) return undefined;
  return { replicas: minReplicas, reason: { kind: 'BelowMinimum', minReplicas } };
}

/** Whoever was not heard may be who has the messages. After a while more are asked for, never fewer. */
export function incomplete(view: View): Verdict | undefined {
  const { observation, settings, nowMs, replicas, memory } = view;
  const { queues } = observation;
  if (queues.kind === 'Complete') return undefined;
  const { silent } = queues;
  const { fallbackReplicas, staleSeconds, maxReplicas } = settings;
  const staleMs = nowMs - (memory.lastCompleteAtMs ?? nowMs);
  const fallback = Math.min(fallbackReplicas ?? 0, maxReplicas);
  if (staleMs >= staleSeconds * SECOND_MS && fallback > replicas)
    return { replicas: fallback, reason: { kind: 'Fallback', silent, staleMs } };
  return asTheyAre(view, { kind: 'Incomplete', silent });
}

export function offsetsMoved(view: View): Verdict | undefined {
  const { ignoredUntilAtMs, moved } = view.memory;
  if (ignoredUntilAtMs === undefined || moved === undefined || view.nowMs >= ignoredUntilAtMs)
    return undefined;
  return asTheyAre(view, { kind: 'OffsetsMoved', queue: moved });
}

/** A person lowered the maximum. */
export function aboveMaximum({ replicas, settings: { maxReplicas } }: View): Verdict | undefined {
  if (replicas <= maxReplicas) return undefined;
  return { replicas: maxReplicas, reason: { kind: 'AboveBound', bound: maxReplicas } };
}

/** Without a queue nobody knows what the group reads; with one observation not how fast. */
export function observing(view: View): Verdict | undefined {
  const { known } = view;
  const isSeen = known !== undefined && known.rates !== undefined && known.sample.layout.queues.length > 0;
  return isSeen ? undefined : asTheyAre(view, { kind: 'Observing' });
}

export function enough(view: View): Verdict {
  return asTheyAre(view, { kind: 'Enough' });
}
