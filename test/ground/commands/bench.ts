import { join } from 'node:path';
import type { Command } from '../arguments.ts';
import type { Context } from '../context.ts';
import { BENCH_CLUSTER } from '../kind.ts';
import { withLock } from '../lock.ts';
import { run } from '../run.ts';
import { groundDown, groundUp, type Ground } from './ground.ts';
import { installOperator } from './start.ts';

/** Runs the benchmark on a cluster that holds nothing else, and takes the cluster down again. */
export async function bench(context: Context, command: Command & { kind: 'bench' }): Promise<number> {
  const lock = join(context.home, 'locks', BENCH_CLUSTER);
  return withLock(lock, 'npm run bench', context.progress, context.signal, async () => {
    try {
      const ground = await groundUp(context, BENCH_CLUSTER);
      // An operator in the cluster would do the work of the one that is measured outside it.
      if (command.operator === 'here') await installDefinitions(context, ground);
      else await installOperator(context, ground);
      return await measure(context, ground, command.parameters);
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

async function measure(context: Context, ground: Ground, parameters: readonly string[]): Promise<number> {
  const file = join(context.repository, 'test', 'bench', 'topics.bench.ts');
  const { code, stdout } = await run(process.execPath, [file, ...parameters], {
    cwd: context.repository,
    env: ground.env,
    signal: context.signal,
    show: 'stderr',
    accept: [1],
  });
  process.stdout.write(stdout);
  return code;
}
