export { controllerMetrics } from './controller-metrics.ts';
export { processMemoryMetric } from './process-memory.ts';
