import { join } from 'node:path';
import type { Command } from '../arguments.ts';
import type { Context } from '../context.ts';
import { BENCH_CLUSTER } from '../kind.ts';
import { withLock } from '../lock.ts';
import { run } from '../run.ts';
import { groundDown, groundUp, type Ground } from './ground.ts';
import { runProgram } from './run-program.ts';
import { installOperator } from './start.ts';

/** Runs the benchmark on a cluster that holds nothing else, and takes the cluster down again. */
export async function bench(context: Context, { benchmark }: Command & { kind: 'bench' }): Promise<number> {
  const lock = join(context.home, 'locks', BENCH_CLUSTER);
  return withLock(lock, 'npm run bench', context.progress, context.signal, async () => {
    try {
      const ground = await groundUp(context, BENCH_CLUSTER);
      // An operator in the cluster would do the work of the one that is measured outside it.
      if (benchmark.operator === 'here') await installDefinitions(context, ground);
      else await installOperator(context, ground);
      return await runProgram(context, ground, `test/bench/${benchmark.name}.bench.ts`, benchmark.parameters);
    } finally {
      await groundDown({ ...context, signal: new AbortController().signal }, BENCH_CLUSTER);
    }
  });
}

function installDefinitions(context: Context, ground: Ground): Promise<unknown> {
  const folder = join(context.repository, 'crds');
  return context.progress.step('kubectl apply --filename crds', () =>
    run('kubectl', ['apply', '--server-side', '--filename', folder], {
      env: ground.env,
      signal: context.signal,
    }),
  );
}
