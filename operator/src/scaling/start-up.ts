/** Which pods read, which are on their way, and how long that takes. Pure. */
import type { Memory, ObservedTarget } from './model.ts';
import { LEAST_OVERDUE_MS, OVERDUE, START_UP_MS } from './tuning.ts';

const LONGEST_MS = 600_000;
const SHORTEST_MS = 1_000;
const FORGETTING = 0.1;

export interface Pods {
  /** Pods that read. */
  readonly consumers: number;
  /** Replicas that are asked for and do not read yet. */
  readonly starting: number;
  /** Names of pods that should read by now, and do not. */
  readonly overdue: readonly string[];
  /** For all of them to read, from the decision on. */
  readonly startupMs: number;
  readonly learnedMs: number | undefined;
  readonly waitedFor: Memory['waitedFor'];
}

/** By the operator's own clock alone, since others may be ahead of it. */
export function podsOf(
  { pods, replicas }: ObservedTarget,
  waitedBefore: Memory['waitedFor'],
  learnedBefore: number | undefined,
  nowMs: number,
): Pods {
  const waitedFor = new Map<string, number>();
  let consumers = 0;
  let learnedMs = learnedBefore;
  for (const { name, state, joined } of pods) {
    if (state === 'Leaving') continue;
    const sinceMs = waitedBefore.get(name);
    if (state === 'Starting' || joined === false) {
      waitedFor.set(name, sinceMs ?? nowMs);
      continue;
    }
    consumers += 1;
    if (sinceMs !== undefined) learnedMs = learn(learnedMs, nowMs - sinceMs);
  }
  const startupMs = learnedMs ?? START_UP_MS;
  const overdueMs = Math.max(LEAST_OVERDUE_MS, OVERDUE * startupMs);
  const overdue = [...waitedFor].flatMap(([name, sinceMs]) => (nowMs - sinceMs > overdueMs ? [name] : []));
  return {
    consumers,
    starting: Math.max(0, replicas - consumers),
    overdue,
    startupMs,
    learnedMs,
    waitedFor,
  };
}

/** The slower ones count: what was asked for is there when the last one is. */
function learn(before: number | undefined, tookMs: number): number {
  const took = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, tookMs));
  if (before === undefined || took >= before) return took;
  return before + FORGETTING * (took - before);
}
