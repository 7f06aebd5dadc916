import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** `pod`: the operator and real brokers in the cluster. `here`: a process here, fake brokers, a real API server. */
  readonly operator: 'pod' | 'here';
  /** Namespace of the operator's Lease, for `pod`. */
  readonly operatorNamespace: string;
  /** Topics that are applied at once. */
  readonly burst: number;
  /** Topics that a resync compares. */
  readonly total: number;
  readonly runs: number;
  /** Seconds between two resyncs: of the process here, or as the installed operator has it. */
  readonly resyncSeconds: number;
  /** Seconds of quiet over which idle figures are taken. */
  readonly idleSeconds: number;
  readonly output: 'table' | 'json';
}

export const USAGE = `Usage: npm run bench -- [--operator pod|here] [--burst 1000] [--total 5000] [--runs 3]
         [--resync-seconds 120|10] [--idle-seconds 30] [--operator-namespace gantry-system] [-o json]

Measures the operator on a kind cluster of its own, "gantry-bench", and prints figures with their spread.
Nothing else may run beside it.

  --operator pod    the operator and real brokers in the cluster (the default)
  --operator here   the operator as a process on this machine, with fake brokers and the cluster's API server
  --burst N         topics that are applied at once
  --total N         topics that a resync compares
  --runs N          bursts, and resyncs
  -o json           the figures as JSON
`;

/** @throws Error with the usage for anything that it does not know */
export function readOptions(parameters: readonly string[]): BenchOptions {
  const { values } = parse(parameters);
  const operator = oneOf('operator', values.operator, ['pod', 'here'] as const);
  return {
    operator,
    operatorNamespace: values['operator-namespace'],
    burst: positive('burst', values.burst),
    total: positive('total', values.total),
    runs: positive('runs', values.runs),
    resyncSeconds: positive(
      'resync-seconds',
      values['resync-seconds'] ?? (operator === 'pod' ? '120' : '10'),
    ),
    idleSeconds: positive('idle-seconds', values['idle-seconds']),
    output: oneOf('output', values.output, ['table', 'json'] as const),
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        operator: { type: 'string', default: 'pod' },
        'operator-namespace': { type: 'string', default: 'gantry-system' },
        burst: { type: 'string', default: '1000' },
        total: { type: 'string', default: '5000' },
        runs: { type: 'string', default: '3' },
        'resync-seconds': { type: 'string' },
        'idle-seconds': { type: 'string', default: '30' },
        output: { type: 'string', short: 'o', default: 'table' },
      },
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number above 0\n\n${USAGE}`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Error(`--${name} must be one of ${allowed.join(', ')}\n\n${USAGE}`);
  return found;
}
