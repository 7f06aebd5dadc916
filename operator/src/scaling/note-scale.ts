import type { ScalingState } from './model.ts';

/** What the operator has set a target to, for this group or for another of the same target. */
export interface OwnScale {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

/** What the next decision takes for no change by hand. Pure. */
export function noteScale(state: ScalingState, { atMs, from, to }: OwnScale): ScalingState {
  const { learned, memory } = state;
  return {
    learned: { ...learned, lastScale: { atMs, replicas: to, up: to > from } },
    memory: { ...memory, replicas: to, wanted: [...memory.wanted, { atMs, replicas: to }] },
  };
}
