/** Who changed the replicas of the target, and when; and what a clock that was set does to it. Pure. */
import type { Learned, Memory, Observation, ScalingSettings, ScalingState } from './model.ts';
import { FLAP_MS } from './tuning.ts';

const SECOND_MS = 1_000;
/** A write shows in the target after so long at most. */
const SHOWS_MS = 60_000;

export function initialState(learned: Learned = {}): ScalingState {
  return { learned, memory: { samples: [], wanted: [], waitedFor: new Map(), enough: [] } };
}

/**
 * Times that are ahead of now are now: a clock that was set back would hold everything until it is there again. What was
 * remembered goes, since the time that passed is not known.
 */
export function withClock(
  { learned, memory }: ScalingState,
  nowMs: number,
  { downWindowSeconds }: ScalingSettings,
): ScalingState {
  if (memory.lastAtMs !== undefined && nowMs > memory.lastAtMs) return { learned, memory };
  const { cap, lastScale, idleSinceAtMs } = learned;
  const past = (atMs: number) => Math.min(atMs, nowMs);
  const isSetBack = memory.lastAtMs !== undefined && nowMs < memory.lastAtMs;
  const byHand = memory.byHandUntilAtMs;
  const latestMs = nowMs + downWindowSeconds * SECOND_MS;
  return {
    learned: {
      ...learned,
      ...(cap === undefined
        ? {}
        : { cap: { ...cap, untilAtMs: Math.min(cap.untilAtMs, nowMs + cap.holdMs) } }),
      ...(lastScale === undefined ? {} : { lastScale: { ...lastScale, atMs: past(lastScale.atMs) } }),
      ...(idleSinceAtMs === undefined ? {} : { idleSinceAtMs: past(idleSinceAtMs) }),
    },
    memory: isSetBack
      ? {
          ...initialState().memory,
          replicas: memory.replicas,
          wanted: memory.wanted.map((step) => ({ ...step, atMs: nowMs })),
          byHandUntilAtMs: byHand === undefined ? undefined : Math.min(byHand, latestMs),
        }
      : memory,
  };
}

export interface Tracked extends ScalingState {
  /** The target has another number than when it was seen last. */
  readonly stepped: { readonly from: number; readonly to: number } | undefined;
}

/** A change that nobody here asked for is adopted, and held for a down window. */
export function track(
  { learned, memory }: ScalingState,
  { target, atMs }: Observation,
  { actuator, downWindowSeconds }: ScalingSettings,
): Tracked {
  const { replicas } = target;
  const lately = memory.wanted.filter((step) => atMs - step.atMs <= SHOWS_MS);
  const asked = lately.findIndex((step) => step.replicas === replicas);
  const wanted = lately.slice(asked + 1);
  const from = memory.replicas ?? learned.lastScale?.replicas;
  const seen: Memory = { ...memory, wanted, replicas };
  if (from === undefined || from === replicas) return { learned, memory: seen, stepped: undefined };
  const up = replicas > from;
  // After a restart nobody knows who it was.
  const isByHand = actuator === 'Scale' && memory.replicas !== undefined && asked === -1;
  const isFlap = up && memory.lastDownAtMs !== undefined && atMs - memory.lastDownAtMs < FLAP_MS;
  return {
    learned: { ...learned, lastScale: { atMs, replicas, up } },
    memory: {
      ...seen,
      ...(up ? { lastUpAtMs: atMs } : { lastDownAtMs: atMs }),
      ...(isFlap ? { flappedAtMs: atMs } : {}),
      ...(isByHand ? { byHandUntilAtMs: atMs + downWindowSeconds * SECOND_MS } : {}),
    },
    stepped: { from, to: replicas },
  };
}
