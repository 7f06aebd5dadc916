/** How consumer groups are doing: lag, age, members, dead letters. */
export { createLagController } from './controller.ts';
export { lagMetrics } from './metrics.ts';
