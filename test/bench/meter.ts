/** What something cost: CPU time of the operator, what it asked RocketMQ, and what the API server was asked. */
import { kubectl } from '../e2e/harness/shell.ts';
import { readMetrics, sumOf, type Sample } from './metrics-text.ts';
import type { MeasuredOperator } from './operator-process.ts';

/** How often, by name. */
export type Counts = ReadonlyMap<string, number>;

export interface Reading {
  readonly operator: readonly Sample[];
  readonly apiServer: readonly Sample[];
  /** Requests that brokers got, by RocketMQ's names; empty where they do not tell. */
  readonly brokers: Counts;
}

export interface Spent {
  readonly cpuSeconds: number;
  /** Requests of the operator's loop to RocketMQ, by plural of the kind. */
  readonly asked: Counts;
  /** Requests that brokers got, by RocketMQ's names. */
  readonly brokerCalls: Counts;
  /** Requests about the objects and what belongs to them, whoever sent them, as `APPLY topics/status`. */
  readonly apiCalls: Counts;
}

/** Plurals of what is counted: the objects themselves, the Secrets of Users, and what is told of objects. */
const resources: ReadonlySet<string> = new Set(['topics', 'users', 'secrets', 'events']);
const reads: ReadonlySet<string> = new Set(['GET', 'LIST', 'WATCH']);

export class Meter {
  readonly #operator: MeasuredOperator;
  readonly #brokerCalls: () => Counts;

  constructor(operator: MeasuredOperator, brokerCalls: () => Counts) {
    this.#operator = operator;
    this.#brokerCalls = brokerCalls;
  }

  async read(): Promise<Reading> {
    const apiServer = readMetrics(await kubectl(['get', '--raw', '/metrics'], { timeoutMs: 60_000 }));
    return { operator: await this.#operator.metrics(), apiServer, brokers: this.#brokerCalls() };
  }
}

export function spent(before: Reading, after: Reading): Spent {
  return {
    cpuSeconds: cpuSecondsOf(after.operator) - cpuSecondsOf(before.operator),
    asked: grown(askedOf(before.operator), askedOf(after.operator)),
    brokerCalls: grown(before.brokers, after.brokers),
    apiCalls: grown(apiCallsOf(before.apiServer), apiCallsOf(after.apiServer)),
  };
}

export function cpuSecondsOf(samples: readonly Sample[]): number {
  const seconds = sumOf(samples, 'process_cpu_seconds_total');
  if (seconds === undefined) throw new Error('the operator does not tell its CPU time');
  return seconds;
}

export function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

export function writesAmong(apiCalls: Counts): number {
  return total(new Map([...apiCalls].filter(([name]) => !reads.has(name.split(' ')[0] ?? ''))));
}

/** Without what did not grow. */
function grown(before: Counts, after: Counts): Counts {
  const growth = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return new Map(growth.filter(([, count]) => count > 0));
}

function askedOf(samples: readonly Sample[]): Counts {
  return countBy(samples, 'gantry_object_requests_total', ({ kind = '' }) => kind);
}

/** Of a watch it is told when it ends, which says nothing of when it was needed. */
function apiCallsOf(samples: readonly Sample[]): Counts {
  return countBy(samples, 'apiserver_request_total', ({ verb = '', resource = '', subresource = '' }) => {
    if (!resources.has(resource) || verb === 'WATCH') return undefined;
    return `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
  });
}

function countBy(
  samples: readonly Sample[],
  metric: string,
  nameOf: (labels: Sample['labels']) => string | undefined,
): Counts {
  const counts = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const counted = name === metric ? nameOf(labels) : undefined;
    if (counted !== undefined) counts.set(counted, (counts.get(counted) ?? 0) + value);
  }
  return counts;
}
