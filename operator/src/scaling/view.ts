/** Everything that rules look at, worked out once by see.ts. Data only. */
import type { Learned, Memory, Observation, Sample, ScalingSettings } from './model.ts';
import type { Rates } from './rates.ts';
import type { SizeInput, Sizes } from './size.ts';
import type { Pods } from './start-up.ts';
import type { Stuck } from './stuck.ts';

/** What is known whatever the queues are. */
export interface View {
  readonly settings: ScalingSettings;
  readonly observation: Observation;
  readonly nowMs: number;
  /** Of the target. */
  readonly replicas: number;
  readonly learned: Learned;
  readonly memory: Memory;
  readonly pods: Pods;
  /** Undefined: somebody did not answer. */
  readonly known: Known | undefined;
}

/** What complete observations tell. */
export interface Known {
  readonly sample: Sample;
  readonly bound: number;
  readonly counts: readonly number[];
  readonly stuck: Stuck;
  /** Undefined: there is but one observation. */
  readonly rates: Rates | undefined;
  readonly serviceRate: number | undefined;
  /** Undefined: rates or the service rate are unknown. */
  readonly sized: { readonly input: SizeInput; readonly sizes: Sizes } | undefined;
}
