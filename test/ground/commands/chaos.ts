import { join } from 'node:path';
import type { Command } from '../arguments.ts';
import type { Context } from '../context.ts';
import { CHAOS_CLUSTER } from '../kind.ts';
import { withLock } from '../lock.ts';
import { explain } from './explain.ts';
import { groundDown, groundUp } from './ground.ts';
import { runProgram } from './run-program.ts';

/** Runs the chaos suite on a cluster that nobody else uses, and takes the cluster down again. */
export async function chaos(context: Context, command: Command & { kind: 'chaos' }): Promise<number> {
  const lock = join(context.home, 'locks', CHAOS_CLUSTER);
  return withLock(lock, 'npm run test:chaos', context.progress, context.signal, async () => {
    try {
      const ground = await groundUp(context, CHAOS_CLUSTER);
      const code = await runProgram(context, ground, 'test/chaos/main.ts', command.parameters);
      // The members of a cluster that did not recover say why only as long as it is there.
      if (code !== 0) await explain(context, ground, CHAOS_CLUSTER);
      return code;
    } finally {
      if (!command.keep) {
        await groundDown({ ...context, signal: new AbortController().signal }, CHAOS_CLUSTER);
      }
    }
  });
}
