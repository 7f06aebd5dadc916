import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordRun } from '../../claims/record.ts';
import type { TestStage } from '../arguments.ts';
import type { Context } from '../context.ts';
import { clusterFolder, TEST_CLUSTER } from '../kind.ts';
import { withLock } from '../lock.ts';
import { elapsed } from '../progress.ts';
import { run } from '../run.ts';
import { imageNames, versions } from '../versions.ts';
import { explain } from './explain.ts';
import { groundDown, groundUp, Refusal, type Extras, type Ground } from './ground.ts';
import { closingLine, readJest, summary, type StageResult } from './results.ts';
import { isWhole, patternOf, runsEndToEnd, type JestStage, type TestOptions } from './selection.ts';

/**
 * Runs the stages, takes the cluster down again, prints what passed; returns the exit code.
 *
 * @throws Refusal for stages that cannot pass on this system
 */
export async function test(context: Context, options: TestOptions): Promise<number> {
  if (process.platform !== 'linux' && (options.only === undefined || reachesNodes.has(options.only))) {
    throw new Refusal(
      'Tests of a cluster reach its nodes by their addresses, which Docker keeps in a virtual machine here: run them on Linux. ' +
        'npm start, npm run check and npm run test:unit work here.',
    );
  }
  const results = await withLock(
    join(context.home, 'locks', TEST_CLUSTER),
    'npm test',
    context.progress,
    context.signal,
    () => runStages(context, options),
  );
  process.stdout.write(`\n${summary(results)}\n${closingLine(results)}\n`);
  return results.every(({ failed }) => failed === 0) ? 0 : 1;
}

const endToEnd = 'test/e2e';
const reachesNodes: ReadonlySet<TestStage> = new Set(['integration', 'e2e']);

/** Images that take a while to make, and single tests need. */
function extrasOf({ repository }: Context, options: TestOptions): Extras {
  const runs = (file: string): boolean => runsEndToEnd(join(repository, endToEnd, file), options);
  return {
    upgrades: ['upgrade.test.ts', 'upgrade-under-load.test.ts'].some((file) => runs(file)),
    previous: runs('operator-upgrade.test.ts'),
  };
}

async function runStages(context: Context, options: TestOptions): Promise<readonly StageResult[]> {
  const wanted = (stage: TestStage): boolean => options.only === undefined || options.only === stage;
  const results: StageResult[] = [];
  if (wanted('check')) results.push(await timed(context, 'check', () => check(context)));
  if (wanted('unit')) results.push(await timed(context, 'unit', () => jest(context, 'unit', options, {})));
  const without = results.length;
  if (!wanted('integration') && !wanted('e2e')) return results;
  // Away when tests came to their end: while it is there, the cluster has whatever they were about.
  const mark = join(clusterFolder(context, TEST_CLUSTER), 'tests-under-way');
  try {
    let ground: Ground | undefined;
    const up = await timed(context, 'ground up', async () => {
      if (existsSync(mark)) {
        context.progress.say('a test run was killed: its cluster is not used again');
        await groundDown(context, TEST_CLUSTER);
      }
      ground = await groundUp(context, TEST_CLUSTER, extrasOf(context, options));
      await writeFile(mark, '');
      return { passed: 0, failed: 0 };
    });
    results.push(up);
    if (ground !== undefined) {
      const env = await testEnvironment(context, ground, options);
      if (wanted('integration'))
        results.push(await timed(context, 'integration', () => jest(context, 'integration', options, env)));
      if (wanted('e2e')) results.push(await timed(context, 'e2e', () => jest(context, 'e2e', options, env)));
      if (results.slice(without).some(({ failed }) => failed > 0))
        await explain(context, ground, TEST_CLUSTER);
    }
  } finally {
    if (options.keep) await rm(mark, { force: true });
    else {
      // A person's Ctrl-C ends the tests; what they started is taken down all the same.
      const closing = { ...context, signal: new AbortController().signal };
      results.push(
        await timed(closing, 'ground down', () =>
          groundDown(closing, TEST_CLUSTER).then(() => ({ passed: 0, failed: 0 })),
        ),
      );
    }
  }
  return results;
}

/** A stage that breaks off counts as one failure: the closing line may not hide it. */
async function timed(
  context: Context,
  stage: string,
  work: () => Promise<{ passed: number; failed: number }>,
): Promise<StageResult> {
  context.signal.throwIfAborted();
  context.progress.say(`── ${stage}`);
  const begun = Date.now();
  try {
    return { stage, ...(await work()), tookMs: Date.now() - begun };
  } catch (error) {
    context.signal.throwIfAborted();
    context.progress.say(`${stage} failed: ${error instanceof Error ? error.message : String(error)}`);
    return { stage, passed: 0, failed: 1, tookMs: Date.now() - begun };
  } finally {
    context.progress.say(`── ${stage}: ${elapsed(Date.now() - begun)}`);
  }
}

async function check(context: Context): Promise<{ passed: number; failed: number }> {
  await run('npm', ['run', '--silent', 'check'], {
    cwd: context.repository,
    show: true,
    signal: context.signal,
  });
  return { passed: 0, failed: 0 };
}

async function jest(
  context: Context,
  project: JestStage,
  options: TestOptions,
  env: Readonly<Record<string, string>>,
): Promise<{ passed: number; failed: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const report = join(folder, 'jest.json');
  // End-to-end tests share one RocketMQ cluster and stop parts of it: one file at a time, in the order of their names.
  const serial =
    project === 'e2e'
      ? ['--runInBand', '--testSequencer', './test/e2e/sequencer.ts', '--testTimeout', '180000']
      : [`--maxWorkers=${String(availableParallelism())}`];
  const pattern = patternOf(project, options);
  const selection = pattern === undefined ? [] : ['--testPathPatterns', pattern];
  const args = ['--selectProjects', project, '--json', '--outputFile', report, ...serial, ...selection];
  try {
    const command = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ];
    // Jest prints its JSON on standard output too, where only the closing line belongs.
    await run(process.execPath, [...command, ...args], {
      cwd: context.repository,
      env,
      show: true,
      signal: context.signal,
      accept: [1],
    });
    const json = await readFile(report, 'utf8');
    if (options.full) await recordRun(context.repository, json);
    return readJest(json);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the tests learn about the ground. */
async function testEnvironment(
  { repository }: Context,
  ground: Ground,
  options: TestOptions,
): Promise<Readonly<Record<string, string>>> {
  const folder = join(repository, endToEnd);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
  const paths = files.map((name) => join(folder, name));
  return {
    ...ground.env,
    GANTRY_TEST_CLUSTER: TEST_CLUSTER,
    // The cluster goes as a whole in a moment: deleting namespace after namespace first takes minutes.
    ...(options.keep ? {} : { GANTRY_KEEP: '1' }),
    GANTRY_TEST_DEPTH: options.full ? 'full' : 'quick',
    ...(isWhole(paths, options) ? { GANTRY_TEST_WHOLE: '1' } : {}),
    ...previousEnvironment(ground),
    GANTRY_OPERATOR_IMAGE: imageNames.operator,
    GANTRY_ORDER_IMAGE: imageNames.order,
    GANTRY_POSTGRES_IMAGE: imageNames.postgres,
    GANTRY_ROCKETMQ_IMAGE: imageNames.rocketmq(versions.rocketmq[0]),
  };
}

function previousEnvironment({ previous }: Ground): Readonly<Record<string, string>> {
  if (previous === undefined) return {};
  if ('problem' in previous) return { GANTRY_PREVIOUS_PROBLEM: previous.problem };
  return { GANTRY_PREVIOUS_COMMIT: previous.commit, GANTRY_PREVIOUS_SOURCE: previous.folder };
}
