import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';

interface Output {
  readonly output: 'table' | 'json';
}

/** Topics and Users by the thousand. */
export interface ObjectsOptions extends Output {
  /** `pod`: the operator and real brokers in the cluster. `here`: a process here, fake brokers, a real API server. */
  readonly operator: 'pod' | 'here';
  /** Namespace of the operator's Lease, for `pod`. */
  readonly operatorNamespace: string;
  /** Topics that are applied at once. */
  readonly burst: number;
  /** Topics that a resync compares. */
  readonly total: number;
  /** Users that are applied at once, and that a resync compares. */
  readonly users: number;
  /** Of each kind, in each run. */
  readonly edits: number;
  readonly runs: number;
  /** Seconds between two resyncs: of the process here, or as the installed operator has it. */
  readonly resyncSeconds: number;
  /** Seconds of quiet over which idle figures are taken. */
  readonly idleSeconds: number;
  /** Topics that get a process of mqadmin each, in each run; 0: it is left out. */
  readonly mqadmin: number;
  /** An unpacked distribution of RocketMQ, for `here`; without it mqadmin is left out. */
  readonly rocketmqHome?: string;
}

/** Many clusters at once, one of them broken. */
export interface FleetOptions extends Output {
  readonly clusters: number;
  /** Each has a run with every cluster whole, and one with each way of being broken. */
  readonly rounds: number;
}

/** What a command line asks for. */
export interface Benchmark {
  readonly name: 'objects' | 'fleet';
  readonly operator: ObjectsOptions['operator'];
  /** All that the benchmark itself reads. */
  readonly parameters: readonly string[];
}

export const USAGE = `Usage: npm run bench -- [objects] [--operator pod|here] [--burst 1000] [--total 5000] [--users 1000]
         [--edits 100] [--runs 3] [--resync-seconds 120|10] [--idle-seconds 30] [--mqadmin 5]
         [--rocketmq-home FOLDER] [--operator-namespace gantry-system] [-o json]
       npm run bench -- fleet [--clusters 20] [--rounds 3] [-o json]

Measures the operator on a kind cluster of its own, "gantry-bench", and prints figures with their spread.
Nothing else may run beside it.

objects: Topics and Users on a cluster with access control, in this order:
    1. here alone: the same objects and statuses written to the API server without an operator;
    2. the operator idle; Topics applied at once until all are Ready, and more of them up to the total;
    3. Users applied at once until all are Ready, and but for the last time deleted again;
    4. the next resync of all of them; CPU, requests to RocketMQ and to the API server, and what was written;
    5. one Topic and one User edited after the other, until each is Ready, while a resync follows a resync
       (pausing the cluster, or letting it go on, has everything compared again);
    6. the operator with all of them, and nothing to do but resyncs;
    7. topics made by a loop over RocketMQ's protocol, and by mqadmin, to hold the operator against.
  --operator pod    the operator and real brokers in the cluster, 2 groups × 1 (the default)
  --operator here   the operator as a process on this machine, with fake brokers, 2 groups × 3, and the cluster's
                    API server
  --burst N         Topics that are applied at once
  --total N         Topics that a resync compares
  --users N         Users that are applied at once, and that a resync compares
  --edits N         edits of each kind, in each run
  --runs N          how often each of these is measured
  --resync-seconds N   between two resyncs: sets it for a process here; for a pod: as it is set there
  --idle-seconds N  over which memory and CPU are taken while nothing happens
  --mqadmin N       topics that get a process of mqadmin each, in each run; 0: none
  --rocketmq-home FOLDER   here: an unpacked distribution of RocketMQ 5.5.0 (bin/mqadmin and lib), for mqadmin
                    against the fakes; without it mqadmin is left out. A pod has that of the image

fleet: clusters of fake servers that are made at once, whole and with one of them broken; the operator is a process
  --clusters N      how many, the broken one included
  --rounds N        how often each case is measured

  -o json           the figures as JSON

BENCH_LOG=1 shows the log of an operator that runs here.
`;

/** @throws Error with the usage for anything that it does not know */
export function chooseBenchmark(parameters: readonly string[]): Benchmark {
  const [first, ...rest] = parameters;
  if (first === 'fleet') {
    readFleetOptions(rest);
    return { name: first, operator: 'here', parameters: rest };
  }
  const own = first === 'objects' ? rest : parameters;
  return { name: 'objects', operator: readObjectsOptions(own).operator, parameters: own };
}

/** @throws Error with the usage for anything that it does not know */
export function readObjectsOptions(parameters: readonly string[]): ObjectsOptions {
  const values = parse(parameters, {
    operator: { type: 'string', default: 'pod' },
    'operator-namespace': { type: 'string', default: 'gantry-system' },
    burst: { type: 'string', default: '1000' },
    total: { type: 'string', default: '5000' },
    users: { type: 'string', default: '1000' },
    edits: { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
    'resync-seconds': { type: 'string' },
    'idle-seconds': { type: 'string', default: '30' },
    mqadmin: { type: 'string', default: '5' },
    'rocketmq-home': { type: 'string' },
    output: { type: 'string', short: 'o', default: 'table' },
  });
  const operator = oneOf('operator', values.operator, ['pod', 'here'] as const);
  const rocketmqHome = values['rocketmq-home'];
  return {
    operator,
    operatorNamespace: values['operator-namespace'],
    burst: atLeast(1, 'burst', values.burst),
    total: atLeast(1, 'total', values.total),
    users: atLeast(1, 'users', values.users),
    edits: atLeast(1, 'edits', values.edits),
    runs: atLeast(1, 'runs', values.runs),
    resyncSeconds: atLeast(
      1,
      'resync-seconds',
      values['resync-seconds'] ?? (operator === 'pod' ? '120' : '10'),
    ),
    idleSeconds: atLeast(1, 'idle-seconds', values['idle-seconds']),
    mqadmin: atLeast(0, 'mqadmin', values.mqadmin),
    ...(rocketmqHome === undefined ? {} : { rocketmqHome: resolve(rocketmqHome) }),
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
