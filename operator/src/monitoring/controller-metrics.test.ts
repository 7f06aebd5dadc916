import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { controllerMetrics } from './controller-metrics.ts';

describe('controllerMetrics', () => {
  it('counts results and observes seconds', async () => {
    const registry = new Registry();
    const metrics = controllerMetrics(registry);
    metrics.ran({ controller: 'cluster', result: 'Done', durationMs: 40, waitedMs: 2_000 });
    metrics.ran({ controller: 'cluster', result: 'Retry', durationMs: 60, waitedMs: 0 });
    const text = await registry.metrics();
    expect(text).toContain('gantry_reconcile_total{controller="cluster",result="Retry"} 1');
    expect(text).toContain('gantry_reconcile_duration_seconds_sum{controller="cluster"} 0.1');
    expect(text).toContain('gantry_queue_wait_seconds_sum{controller="cluster"} 2');
  });
});
