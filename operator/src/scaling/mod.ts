/** Sets the replicas of consumers by what waits for their group. */
export { createScalingController } from './controller.ts';
export { decide } from './decide.ts';
export { pollPeriodMs } from './history.ts';
export { scalingMetrics } from './metrics.ts';
export { initialState } from './track.ts';
export type * from './model.ts';
