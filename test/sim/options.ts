import { parseArgs } from 'node:util';
import type { Mode } from './world.ts';
import { workloads } from './workloads.ts';

const commands = ['study', 'compare', 'cells', 'budgets', 'report'] as const;

export interface SimOptions {
  readonly command: (typeof commands)[number];
  /** On which constants were chosen. */
  readonly seeds: readonly number[];
  /** Which nothing was chosen on. */
  readonly heldOut: readonly number[];
  readonly modes: readonly Mode[];
  readonly workloads: readonly string[];
  readonly output: 'table' | 'json';
}

export const USAGE = `Usage: npm run sim -- [study|compare|cells|budgets|report] [--seeds 1-5] [--held-out 101-105] [--modes queue,pop]
         [--workloads step,ramp,…] [-o table|json]

Runs autoscalers through simulated workloads. Needs nothing but Node; progress goes to standard error.

study      KEDA, cell by cell, beside what the study measured, and which cells are within 10 %
compare    Gantry beside 54 settings of KEDA, over the workloads in which the SLO can be met: on the seeds that its
           constants were chosen on, and on held-out seeds (the default; half an hour of two cores)
cells      Gantry alone, cell by cell
budgets    Gantry's cells for the unit test: npm run --silent sim -- budgets > test/sim/budgets.json
report     study, cells and compare, written to docs/reports/scaling-from-lag.md

  --seeds A-B        seeds that constants were chosen on
  --held-out A-B     seeds that they were not chosen on
  --modes LIST       queue: each queue has one owner; pop: every consumer reads all
  --workloads LIST   for study and cells: ${workloads.map(({ name }) => name).join(', ')}
  -o json            the figures as JSON
`;

/** @throws Error with the usage for anything that it does not know */
export function readOptions(parameters: readonly string[]): SimOptions | 'help' {
  const { values, positionals } = parse(parameters);
  if (values.help) return 'help';
  const [command = 'compare', ...more] = positionals;
  if (more.length > 0) throw new Error(`there is no ${more.join(' ')} to do\n\n${USAGE}`);
  return {
    command: oneOf('command', command, commands),
    seeds: range('seeds', values.seeds),
    heldOut: range('held-out', values['held-out']),
    modes: values.modes.split(',').map((mode) => oneOf('modes', mode, ['queue', 'pop'])),
    workloads: values.workloads.split(',').map((name) =>
      oneOf(
        'workloads',
        name,
        workloads.map((workload) => workload.name),
      ),
    ),
    output: oneOf('output', values.output, ['table', 'json']),
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '1-5' },
        'held-out': { type: 'string', default: '101-105' },
        modes: { type: 'string', default: 'queue,pop' },
        workloads: { type: 'string', default: workloads.map(({ name }) => name).join(',') },
        output: { type: 'string', short: 'o', default: 'table' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}

function range(name: string, text: string): readonly number[] {
  const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || last < first)
    throw new Error(`--${name} must be a number or a range as 1-5\n\n${USAGE}`);
  return Array.from({ length: last - first + 1 }, (_value, index) => first + index);
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Error(`${name} must be one of ${allowed.join(', ')}\n\n${USAGE}`);
  return found;
}
