import { Counter, Histogram, type Registry } from 'prom-client';
import type { Failover } from './failover.ts';

/** Labels are the key of the cluster, whose series go with it, and a closed list. */
export interface FailoverMetrics {
  /** @param key namespace/name of the cluster */
  told(key: string, failover: Failover): void;
  forget(key: string): void;
}

const BUCKETS_SECONDS = [0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300];
const STAGES = ['NewMaster', 'InSync'] as const satisfies readonly Failover['kind'][];

/** Registers them: once a registry. */
export function failoverMetrics(registry: Registry): FailoverMetrics {
  const registers = [registry];
  const count = new Counter({
    name: 'gantry_failovers_total',
    help: 'Masters that another member took over from without being asked to.',
    labelNames: ['cluster'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'gantry_failover_seconds',
    help: 'Time from the first sight of a lost master to another one, and to every member in sync again.',
    labelNames: ['cluster', 'until'] as const,
    buckets: BUCKETS_SECONDS,
    registers,
  });
  return {
    told: (cluster, { kind, tookMs }) => {
      if (kind === 'NewMaster') count.inc({ cluster });
      if (tookMs !== undefined) seconds.observe({ cluster, until: kind }, tookMs / 1_000);
    },
    forget: (cluster) => {
      count.remove({ cluster });
      for (const until of STAGES) seconds.remove({ cluster, until });
    },
  };
}
