import { parseArgs, type ParseArgsConfig } from 'node:util';

interface Output {
  readonly output: 'table' | 'json';
}

/** Topics by the thousand. */
export interface TopicsOptions extends Output {
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
}

/** Many clusters at once, one of them broken. */
export interface FleetOptions extends Output {
  readonly clusters: number;
  /** Each has a run with every cluster whole, and one with each way of being broken. */
  readonly rounds: number;
}

/** What a command line asks for. */
export interface Benchmark {
  readonly name: 'topics' | 'fleet';
  readonly operator: TopicsOptions['operator'];
  /** All that the benchmark itself reads. */
  readonly parameters: readonly string[];
}

export const USAGE = `Usage: npm run bench -- [topics] [--operator pod|here] [--burst 1000] [--total 5000] [--runs 3]
         [--resync-seconds 120|10] [--idle-seconds 30] [--operator-namespace gantry-system] [-o json]
       npm run bench -- fleet [--clusters 20] [--rounds 3] [-o json]

Measures the operator on a kind cluster of its own, "gantry-bench", and prints figures with their spread.
Nothing else may run beside it.

topics: bursts and resyncs of topics
  --operator pod    the operator and real brokers in the cluster (the default)
  --operator here   the operator as a process on this machine, with fake brokers and the cluster's API server
  --burst N         topics that are applied at once
  --total N         topics that a resync compares
  --runs N          bursts, and resyncs

fleet: clusters of fake servers that are made at once, whole and with one of them broken; the operator is a process
  --clusters N      how many, the broken one included
  --rounds N        how often each case is measured

  -o json           the figures as JSON
`;

/** @throws Error with the usage for anything that it does not know */
export function chooseBenchmark(parameters: readonly string[]): Benchmark {
  const [first, ...rest] = parameters;
  if (first === 'fleet') {
    readFleetOptions(rest);
    return { name: first, operator: 'here', parameters: rest };
  }
  const own = first === 'topics' ? rest : parameters;
  return { name: 'topics', operator: readTopicsOptions(own).operator, parameters: own };
}

/** @throws Error with the usage for anything that it does not know */
export function readTopicsOptions(parameters: readonly string[]): TopicsOptions {
  const values = parse(parameters, {
    operator: { type: 'string', default: 'pod' },
    'operator-namespace': { type: 'string', default: 'gantry-system' },
    burst: { type: 'string', default: '1000' },
    total: { type: 'string', default: '5000' },
    runs: { type: 'string', default: '3' },
    'resync-seconds': { type: 'string' },
    'idle-seconds': { type: 'string', default: '30' },
    output: { type: 'string', short: 'o', default: 'table' },
  });
  const operator = oneOf('operator', values.operator, ['pod', 'here'] as const);
  return {
    operator,
    operatorNamespace: values['operator-namespace'],
    burst: atLeast(1, 'burst', values.burst),
    total: atLeast(1, 'total', values.total),
    runs: atLeast(1, 'runs', values.runs),
    resyncSeconds: atLeast(
      1,
      'resync-seconds',
      values['resync-seconds'] ?? (operator === 'pod' ? '120' : '10'),
    ),
    idleSeconds: atLeast(1, 'idle-seconds', values['idle-seconds']),
    output: oneOf('output', values.output, ['table', 'json'] as const),
  };
}

/** @throws Error with the usage for anything that it does not know */
export function readFleetOptions(parameters: readonly string[]): FleetOptions {
  const values = parse(parameters, {
    clusters: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    output: { type: 'string', short: 'o', default: 'table' },
  });
  return {
    // One is broken, and somebody has to be there beside it.
    clusters: atLeast(2, 'clusters', values.clusters),
    rounds: atLeast(1, 'rounds', values.rounds),
    output: oneOf('output', values.output, ['table', 'json'] as const),
  };
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(parameters: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...parameters], options }).values;
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}

function atLeast(least: number, name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number from ${least} on\n\n${USAGE}`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Error(`--${name} must be one of ${allowed.join(', ')}\n\n${USAGE}`);
  return found;
}
