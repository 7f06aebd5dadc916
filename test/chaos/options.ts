import { parseArgs } from 'node:util';
import { PER_SECOND } from '../traffic/cluster.ts';

export interface ChaosOptions {
  /** Faults come so long; the one under way then is still waited for. */
  readonly minutes: number;
  /** Of the faults, their order and their targets. */
  readonly seed: number;
  /** Messages a second that are sent. */
  readonly perSecond: number;
  /** Leaves the kind cluster for a next run. */
  readonly keep: boolean;
  readonly output: 'markdown' | 'json';
}

export const USAGE = `Usage: npm run test:chaos -- [--minutes 30] [--seed S] [--rate 500] [--keep] [-o json]

Breaks a RocketMQ cluster on a kind cluster of its own, "gantry-chaos", in every way that is known here and in random
order, while numbered messages go in and are read back through the proxies; accounts for every acknowledged message.
Ends with 1 when one is lost, when one is there more often than at-least-once explains, when order is broken, or when
the cluster does not recover from a fault. The report goes to docs/reports/chaos.md and to standard output.

  --minutes N   how long faults come
  --seed S      the same faults in the same order; without it the seed comes from the clock and is printed
  --rate R      messages a second that are sent, for a machine that does not carry 500
  --keep        leaves the kind cluster for a next run
  -o json       the report as JSON
`;

/** @throws Error with the usage for anything that it does not know */
export function readOptions(parameters: readonly string[], now: number): ChaosOptions {
  const { values } = parse(parameters);
  if (values.output !== undefined && values.output !== 'json') refuse('-o takes json');
  return {
    minutes: whole('minutes', values.minutes ?? '30', 1),
    seed: whole('seed', values.seed ?? String(now % 1_000_000_007), 0),
    perSecond: whole('rate', values.rate ?? String(PER_SECOND), 1),
    keep: values.keep === true,
    output: values.output === 'json' ? 'json' : 'markdown',
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        minutes: { type: 'string' },
        seed: { type: 'string' },
        rate: { type: 'string' },
        keep: { type: 'boolean' },
        output: { type: 'string', short: 'o' },
      },
    });
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    refuse(`--${name} must be a whole number from ${String(least)} on`);
  }
  return value;
}

function refuse(sentence: string): never {
  throw new Error(`${sentence}\n\n${USAGE}`);
}
