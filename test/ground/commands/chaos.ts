import { join } from 'node:path';
import type { Command } from '../arguments.ts';
import type { Context } from '../context.ts';
import { CHAOS_CLUSTER, keepLogs } from '../kind.ts';
import { withLock } from '../lock.ts';
import { run } from '../run.ts';
import { groundDown, groundUp, type Ground } from './ground.ts';

/** Runs the chaos suite on a cluster that nobody else uses, and takes the cluster down again. */
export async function chaos(context: Context, command: Command & { kind: 'chaos' }): Promise<number> {
  const lock = join(context.home, 'locks', CHAOS_CLUSTER);
  return withLock(lock, 'npm run test:chaos', context.progress, context.signal, async () => {
    try {
      const ground = await groundUp(context, CHAOS_CLUSTER);
      const code = await breakThings(context, ground, command.parameters);
      if (code !== 0) await explain(context, ground);
      return code;
    } finally {
      if (!command.keep) {
        await groundDown({ ...context, signal: new AbortController().signal }, CHAOS_CLUSTER);
      }
    }
  });
}

async function breakThings(context: Context, ground: Ground, parameters: readonly string[]): Promise<number> {
  const file = join(context.repository, 'test', 'chaos', 'main.ts');
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

/** The members of a cluster that did not recover say why only as long as it is there. */
async function explain(context: Context, ground: Ground): Promise<void> {
  await keepLogs(context, ground.env, CHAOS_CLUSTER).then(
    (folder) => context.progress.say(`the logs of the nodes and of every container are in ${folder}`),
    (error: unknown) => context.progress.say(`the logs of the nodes could not be kept: ${String(error)}`),
  );
}
