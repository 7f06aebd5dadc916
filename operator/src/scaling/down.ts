/** Rules that ask for fewer replicas. Nothing is taken away that was of use in the down window. Pure. */
import { isActive } from './bottleneck.ts';
import { pollPeriodMs } from './history.ts';
import type { Verdict } from './holds.ts';
import type { WaitingFor } from './model.ts';
import { DOWN_INTERVAL_MS, SLOW_MS } from './tuning.ts';
import type { View } from './view.ts';

const SECOND_MS = 1_000;

/** To zero: nothing comes, nothing waits, nothing is on its way back. */
export function idle(view: View): Verdict | undefined {
  const { settings, learned, replicas, nowMs } = view;
  const { idleSinceAtMs } = learned;
  if (settings.minReplicas > 0 || replicas === 0 || idleSinceAtMs === undefined) return undefined;
  const idleMs = nowMs - idleSinceAtMs;
  if (idleMs < settings.idleSeconds * SECOND_MS || spanMs(view) < SLOW_MS) return undefined;
  if (obstacle(view) !== undefined) return undefined;
  return { replicas: 0, reason: { kind: 'Idle', idleMs } };
}

/** More than a bottleneck that they share lets through. */
export function bottleneck(view: View): Verdict | undefined {
  const { learned, replicas, nowMs, memory, settings } = view;
  const { cap } = learned;
  const cut = memory.trial?.kind === 'Cut' && memory.trial.from === replicas ? memory.trial.to : Infinity;
  const most = Math.min(isActive(cap, nowMs) ? cap.replicas : Infinity, cut);
  const wanted = Math.max(settings.minReplicas, 1, most);
  if (wanted >= replicas || obstacle(view) !== undefined) return undefined;
  return { replicas: wanted, reason: { kind: 'Bottleneck', replicas: wanted } };
}

export function spare(view: View): Verdict | undefined {
  const { replicas, settings, known, memory } = view;
  if (known?.rates === undefined || replicas === 0) return undefined;
  const most = Math.max(...memory.enough.map((step) => step.replicas));
  const wanted = Math.max(1, settings.minReplicas, most);
  if (wanted >= replicas) return undefined;
  const windowMs = settings.downWindowSeconds * SECOND_MS;
  const seenMs = view.nowMs - (memory.enough[0]?.atMs ?? view.nowMs);
  const until = seenMs < windowMs - pollPeriodMs(settings) ? 'DownWindow' : obstacle(view);
  if (until !== undefined) return { replicas, reason: { kind: 'Waiting', wanted, until } };
  const { serviceRate, rates } = known;
  return {
    replicas: wanted,
    reason: {
      kind: 'Spare',
      arrivalRate: Math.max(rates.medium, rates.slow),
      ...(serviceRate === undefined ? {} : { serviceRate }),
      windowMs,
    },
  };
}

function obstacle({ observation, pods, known, learned, nowMs }: View): WaitingFor | undefined {
  if (observation.target.rollout !== 'Settled') return 'Rollout';
  if (pods.starting > 0) return 'PodsReady';
  if (known?.stuck.allSinceAtMs !== undefined) return 'Consumption';
  // A queue that is given to another client begins at the pinned offset again.
  if (known === undefined || known.stuck.queues.length > 0) return 'StuckQueues';
  const { lastScale } = learned;
  if (lastScale !== undefined && nowMs - lastScale.atMs < DOWN_INTERVAL_MS)
    return lastScale.up ? 'AfterUp' : 'Settled';
  return undefined;
}

function spanMs({ memory, nowMs }: View): number {
  return nowMs - (memory.samples[0]?.atMs ?? nowMs);
}
