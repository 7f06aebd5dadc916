import { parseArgs } from 'node:util';
import { chooseBenchmark, USAGE, type Benchmark } from '../bench/options.ts';
import * as chaos from '../chaos/options.ts';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'status'; readonly json: boolean }
  | {
      readonly kind: 'ground';
      readonly action: GroundAction;
      readonly cluster: string;
      readonly json: boolean;
      readonly upgrades: boolean;
    }
  | {
      readonly kind: 'test';
      readonly only: TestStage | undefined;
      readonly full: boolean;
      readonly keep: boolean;
      readonly pattern: string | undefined;
    }
  | {
      readonly kind: 'bench';
      readonly benchmark: Benchmark;
    }
  | {
      readonly kind: 'chaos';
      readonly keep: boolean;
      /** All of them, for the suite itself. */
      readonly parameters: readonly string[];
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string };

export const groundActions = ['up', 'down', 'load', 'status'] as const;
export type GroundAction = (typeof groundActions)[number];

export const testStages = ['check', 'unit', 'integration', 'e2e'] as const;
export type TestStage = (typeof testStages)[number];

const GENERAL = `Usage: npm <start|stop|test>
       npm run <status|ground|bench|test:full|test:chaos> -- [options]

  start    a kind cluster with the operator, a RocketMQ cluster and the order service; again: what is missing
  status   what runs and whether it is ready
  stop     removes all of it
  test     everything that CI runs, on a cluster of its own
  ground   the cluster and its images alone: up, load, status, down
  bench    prints the benchmarks
  chaos    test:chaos, breaks a cluster in every way and accounts for every message

GANTRY_GROUND=docker|packages says where images and tools come from; without it the machine decides:
"docker" where a Docker daemon can pull images, otherwise "packages", which needs root on Debian 12.
Everything that is built is kept in \${XDG_CACHE_HOME:-~/.cache}/gantry, so that a second run builds nothing.
`;

const HELP = {
  start: `Usage: npm start

Brings up the kind cluster "gantry", installs the operator (release gantry in gantry-system) and the exchange
(release exchange in exchange), waits until all of it is Ready and prints how to try it. Safe to run again at any time.
`,
  stop: `Usage: npm stop

Removes the kind cluster "gantry" with everything in it, and what runs beneath it. The cache of built things stays.
`,
  status: `Usage: npm run status -- [-o json]

Lists nodes, RocketMQ objects and addresses of the cluster "gantry".
`,
  ground: `Usage: npm run ground -- <up|load|status|down> [--cluster NAME] [--upgrades] [-o json]

  up       the kind cluster (1 control plane, 2 workers) with every image loaded
  load     builds the operator and the services from this checkout and loads the images that differ
  status   what there is
  down     removes the cluster, and what runs beneath it when no other cluster is left

  --cluster NAME   another cluster than "gantry"
  --upgrades       up and load: the images of RocketMQ that upgrades start from as well
  -o json          status as JSON
`,
  test: `Usage: npm test -- [--only ${testStages.join('|')}] [--full] [--keep] [PATTERN]

Runs the checks, the unit tests, the integration tests and the end-to-end tests, the last two on the kind cluster
"gantry-test", which is made for the run and removed after it. The last line says how many tests passed and failed.

  --only STAGE   one stage
  --full         the depth that is too long for CI
  --keep         leaves the cluster for a next run
  PATTERN        only test files whose path matches

GANTRY_PREVIOUS=COMMIT names the commit whose operator this one replaces in test/e2e/operator-upgrade.test.ts; without
it the parent of the one that is checked out.
`,
  bench: USAGE,
  chaos: chaos.USAGE,
} as const;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  output: { type: 'string', short: 'o' },
  cluster: { type: 'string' },
  upgrades: { type: 'boolean' },
  only: { type: 'string' },
  full: { type: 'boolean' },
  keep: { type: 'boolean' },
} as const;

type OptionName = keyof typeof OPTIONS;
/** The others read their options themselves. */
type OwnCommand = Exclude<keyof typeof HELP, 'bench' | 'chaos'>;

const ALLOWED: Readonly<Record<OwnCommand, readonly OptionName[]>> = {
  start: [],
  stop: [],
  status: ['output'],
  ground: ['output', 'cluster', 'upgrades'],
  test: ['only', 'full', 'keep'],
};

interface Values {
  readonly help?: boolean | undefined;
  readonly output?: string | undefined;
  readonly cluster?: string | undefined;
  readonly upgrades?: boolean | undefined;
  readonly only?: string | undefined;
  readonly full?: boolean | undefined;
  readonly keep?: boolean | undefined;
}

/** Reads a command line; every fault is an answer with one sentence, never an exception. */
export function parseCommand(argv: readonly string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return { kind: 'help', text: GENERAL };
  if (!isCommand(name)) return { kind: 'refused', text: `"${name}" is no command.\n\n${GENERAL}` };
  if (name === 'bench') return benchCommand(rest);
  if (name === 'chaos') return chaosCommand(rest);
  const refuse = (sentence: string): Command => ({ kind: 'refused', text: `${sentence}\n\n${HELP[name]}` });
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({ args: rest, options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'help', text: HELP[name] };
  const foreign = Object.keys(values).find((option) => !ALLOWED[name].some((each) => each === option));
  if (foreign !== undefined) return refuse(`"${name}" has no option --${foreign}.`);
  if (values.output !== undefined && values.output !== 'json')
    return refuse(`-o takes json, not "${values.output}".`);
  return build(name, values, positionals) ?? refuse(`"${[name, ...rest].join(' ')}" is not understood.`);
}

/** Refused here, before a cluster is made for it. */
function benchCommand(parameters: readonly string[]): Command {
  if (parameters.some((each) => each === '--help' || each === '-h')) return { kind: 'help', text: USAGE };
  try {
    return { kind: 'bench', benchmark: chooseBenchmark(parameters) };
  } catch (error) {
    return { kind: 'refused', text: error instanceof Error ? error.message : String(error) };
  }
}

/** Refused here, before a cluster is made for it. */
function chaosCommand(parameters: readonly string[]): Command {
  if (parameters.some((each) => each === '--help' || each === '-h'))
    return { kind: 'help', text: chaos.USAGE };
  try {
    return { kind: 'chaos', keep: chaos.readOptions(parameters, 0).keep, parameters };
  } catch (error) {
    return { kind: 'refused', text: error instanceof Error ? error.message : String(error) };
  }
}

function isCommand(name: string): name is keyof typeof HELP {
  return Object.hasOwn(HELP, name);
}

function build(name: OwnCommand, values: Values, positionals: readonly string[]): Command | undefined {
  const json = values.output === 'json';
  const [first, ...more] = positionals;
  if (more.length > 0) return undefined;
  if (name === 'ground') {
    const action = groundActions.find((each) => each === first);
    const cluster = values.cluster ?? 'gantry';
    const isName = /^[a-z0-9-]{1,32}$/.test(cluster);
    const upgrades = values.upgrades === true;
    return action === undefined || !isName ? undefined : { kind: 'ground', action, cluster, json, upgrades };
  }
  if (name === 'test') {
    const only = testStages.find((each) => each === values.only);
    if (values.only !== undefined && only === undefined) return undefined;
    return { kind: 'test', only, full: values.full === true, keep: values.keep === true, pattern: first };
  }
  if (first !== undefined) return undefined;
  return name === 'status' ? { kind: name, json } : { kind: name };
}
