import type { ScalingState } from './model.ts';

/** That the operator has set the target for another group: no change by hand. Pure. */
export function noteScale(
  { learned, memory }: ScalingState,
  { atMs, to }: { readonly atMs: number; readonly to: number },
): ScalingState {
  return { learned, memory: { ...memory, wanted: [...memory.wanted, { atMs, replicas: to }] } };
}
