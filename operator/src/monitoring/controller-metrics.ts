import { Counter, Histogram, type Registry } from 'prom-client';

/** One finished reconciliation, as the controller runtime reports it. */
export interface Run {
  readonly controller: string;
  readonly result: string;
  readonly durationMs: number;
  /** How long the key waited for a worker. */
  readonly waitedMs: number;
}

const BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60];

/** Counts and times reconciliations. Labels are the controller's name and the result: both are closed lists. */
export function controllerMetrics(registry: Registry): { ran(run: Run): void } {
  const runs = new Counter({
    name: 'gantry_reconcile_total',
    help: 'Reconciliations by controller and result.',
    labelNames: ['controller', 'result'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'gantry_reconcile_duration_seconds',
    help: 'Time from the start of a reconciliation to its outcome.',
    labelNames: ['controller'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  const wait = new Histogram({
    name: 'gantry_queue_wait_seconds',
    help: 'Time an object waited for a worker.',
    labelNames: ['controller'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    ran: ({ controller, result, durationMs, waitedMs }) => {
      runs.inc({ controller, result });
      duration.observe({ controller }, durationMs / 1_000);
      wait.observe({ controller }, waitedMs / 1_000);
    },
  };
}
