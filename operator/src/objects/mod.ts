/** The one loop for everything that lives on brokers: observe → diff → apply → verify. */
export { createObjectController } from './controller.ts';
export type { ClusterView, Declaration, Difference, ObjectKind } from './kind.ts';
export { objectMetrics } from './metrics.ts';
