import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { failoverMetrics } from './failover-metrics.ts';

const newMaster = { kind: 'NewMaster', group: 'broker-a', from: 'a-0', to: 'a-1', epoch: 4 } as const;

describe('failoverMetrics', () => {
  it('counts each failover, and times those whose beginning was seen', async () => {
    const registry = new Registry();
    const metrics = failoverMetrics(registry);
    metrics.told('prod/exchange', { ...newMaster, tookMs: 2_500 });
    metrics.told('prod/exchange', { ...newMaster, tookMs: undefined });
    metrics.told('prod/exchange', { kind: 'InSync', group: 'broker-a', tookMs: 9_000 });
    const text = await registry.metrics();
    expect(text).toContain('gantry_failovers_total{cluster="prod/exchange"} 2');
    expect(text).toContain('gantry_failover_seconds_count{cluster="prod/exchange",until="NewMaster"} 1');
    expect(text).toContain('gantry_failover_seconds_sum{cluster="prod/exchange",until="NewMaster"} 2.5');
    expect(text).toContain('gantry_failover_seconds_sum{cluster="prod/exchange",until="InSync"} 9');
  });

  it('lets go of a cluster that is gone, and of no other', async () => {
    const registry = new Registry();
    const metrics = failoverMetrics(registry);
    for (const key of ['prod/exchange', 'prod/other']) {
      metrics.told(key, { ...newMaster, tookMs: 2_500 });
    }
    metrics.forget('prod/exchange');
    metrics.forget('prod/never-failed');
    const text = await registry.metrics();
    expect(text).not.toContain('prod/exchange');
    expect(text).toContain('gantry_failovers_total{cluster="prod/other"} 1');
  });
});
