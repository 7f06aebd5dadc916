export { controllerMetrics } from './controller-metrics.ts';
export { startHttpServer, type Health } from './http-server.ts';
export { processMemoryMetric } from './process-memory.ts';
