import type { Context } from '../context.ts';
import { keepLogs } from '../kind.ts';
import type { Ground } from './ground.ts';

/** What the nodes said during a failed run is the only witness of what happened beneath the tests. */
export async function explain(context: Context, ground: Ground, cluster: string): Promise<void> {
  await keepLogs(context, ground.env, cluster).then(
    (folder) => context.progress.say(`the logs of the nodes and of every container are in ${folder}`),
    (error: unknown) => context.progress.say(`the logs of the nodes could not be kept: ${String(error)}`),
  );
}
