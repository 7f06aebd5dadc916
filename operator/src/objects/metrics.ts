import { Counter, Histogram, type Registry } from 'prom-client';
import type { Verdict } from './kind.ts';

/** What the loop tells about itself. One instance serves all kinds. */
export interface ObjectMetrics {
  /** Returns what ends the measurement. */
  passStarted(kind: string, objects: number): () => void;
  judged(kind: string, verdict: Verdict['kind']): void;
  asked(kind: string, request: ServerRequest): void;
}

/** What the loop asks brokers, name servers and controllers, as a closed list. */
export type ServerRequest =
  | 'ClusterInfo'
  | 'SyncState'
  | 'List'
  | 'Write'
  | 'TopicNames'
  | 'TopicRoute'
  | 'Objections'
  | 'Leftovers'
  | 'Remove'
  | 'RemoveRoute';

/** Registers them: once a registry. */
export function objectMetrics(registry: Registry): ObjectMetrics {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'gantry_object_pass_seconds',
    help: 'Duration of one pass over the objects of one cluster.',
    labelNames: ['kind'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const sizes = new Histogram({
    name: 'gantry_object_pass_objects',
    help: 'Objects in one pass.',
    labelNames: ['kind'] as const,
    buckets: [1, 10, 100, 1_000, 10_000],
    registers,
  });
  const verdicts = new Counter({
    name: 'gantry_object_verdicts_total',
    help: 'What became of objects, each time one was looked at.',
    labelNames: ['kind', 'verdict'] as const,
    registers,
  });
  const requests = new Counter({
    name: 'gantry_object_requests_total',
    help: 'Requests of the loop to brokers, name servers and controllers.',
    labelNames: ['kind', 'request'] as const,
    registers,
  });
  return {
    passStarted: (kind, objects) => {
      sizes.observe({ kind }, objects);
      return seconds.startTimer({ kind });
    },
    judged: (kind, verdict) => verdicts.inc({ kind, verdict }),
    asked: (kind, request) => requests.inc({ kind, request }),
  };
}
