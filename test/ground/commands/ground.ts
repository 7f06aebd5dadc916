import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownImages } from '../bundles.ts';
import type { Context } from '../context.ts';
import { dockerSource } from '../docker/source.ts';
import type { ImageArchive } from '../image/archive.ts';
import {
  clusterFolder,
  deleteCluster,
  ensureCluster,
  forgetCluster,
  kubeconfigOf,
  listClusters,
  madeWith,
} from '../kind.ts';
import { loadImages } from '../load.ts';
import { withLock } from '../lock.ts';
import { chooseMode, lookAtMachine } from '../mode.ts';
import { packagesSource } from '../packages/source.ts';
import { missingPrerequisites } from '../prerequisites.ts';
import { previousOperator, type PreviousOperator } from '../previous.ts';
import type { Source } from '../source.ts';
import { rocketmqVersions } from '../versions.ts';

type Environment = Readonly<Record<string, string>>;

/** A cluster that is up: how to reach it, and which images it has. */
export interface Ground {
  readonly mode: Source['mode'];
  readonly env: Environment;
  readonly kubeconfig: string;
  readonly tools: string | undefined;
  /** What each image of this checkout is now: its id by its name. */
  readonly imageIds: ReadonlyMap<string, string>;
  /** There when it was asked for. */
  readonly previous?: PreviousOperator;
}

/** Images that single tests need. */
export interface Extras {
  /** Of RocketMQ, that upgrades start from. */
  readonly upgrades?: boolean;
  /** Of the operator, of an earlier commit. */
  readonly previous?: boolean;
}

/** A fault of the machine or of the call, said in one sentence: the person can mend it, a stack trace helps nobody. */
export class Refusal extends Error {
  readonly code = 'Refused';
}

export async function openSource(context: Context, cluster: string): Promise<Source> {
  const made = await madeWith(context, cluster);
  // Whoever removed the tools, or the cluster without this command, must get on.
  const wayOut =
    made === undefined
      ? []
      : [`If cluster ${cluster} is gone, remove ${clusterFolder(context, cluster)} as well.`];
  const choice = chooseMode(await lookAtMachine(made));
  if (!choice.ok) throw new Refusal([choice.sentence, ...wayOut].join('\n'));
  const missing = missingPrerequisites(choice.mode);
  if (missing.length > 0) throw new Refusal([...missing, ...wayOut].join('\n'));
  return choice.mode === 'docker' ? dockerSource(context) : packagesSource(context);
}

const lockFile = (context: Context): string => join(context.home, 'locks', 'ground');

export async function groundUp(outer: Context, cluster: string, extras: Extras = {}): Promise<Ground> {
  const failing = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, failing.signal]) };
  const source = await openSource(context, cluster);
  context.progress.say(
    `images and tools come from ${source.mode === 'docker' ? 'Docker' : 'packages'}; cache: ${context.home}`,
  );
  return withLock(
    lockFile(context),
    `ground up of ${cluster}`,
    context.progress,
    context.signal,
    async () => {
      await context.cache.removeLeftovers();
      // The network, the compilers and kind keep each other waiting little: all three work at once.
      const [foreign, own, previous] = await together(failing, [
        source.foreignImages(rocketmqVersions(extras.upgrades === true)),
        ownImages(context, source),
        extras.previous === true ? previousOperator(context, source) : Promise.resolve(undefined),
        ensureCluster(context, source, cluster).then(() => source.toolFolder()),
      ]);
      const former = previous !== undefined && 'image' in previous ? [previous.image] : [];
      const images = [...foreign, ...own, ...former];
      await loadImages(context, await source.environment(), cluster, images);
      const ground = await describe(context, source, cluster, images);
      return previous === undefined ? ground : { ...ground, previous };
    },
  );
}

/** Waits for all; when one fails the others are told to stop and are waited for, so that nothing works on unseen. */
async function together<T extends readonly Promise<unknown>[]>(
  failing: AbortController,
  works: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  try {
    return await Promise.all(works);
  } catch (error) {
    failing.abort(error);
    await Promise.allSettled(works);
    throw error;
  }
}

/** The images that this checkout and its recipes make now, into a cluster that is up. */
export async function groundLoad(context: Context, cluster: string, upgrades: boolean): Promise<Ground> {
  const source = await openSource(context, cluster);
  return withLock(
    lockFile(context),
    `ground load of ${cluster}`,
    context.progress,
    context.signal,
    async () => {
      const env = await source.observe();
      if (env === undefined || !(await listClusters(env)).includes(cluster)) {
        throw new Refusal(`There is no cluster "${cluster}": run npm run ground -- up first.`);
      }
      const foreign = await source.foreignImages(rocketmqVersions(upgrades));
      const images = [...foreign, ...(await ownImages(context, source))];
      const loaded = await loadImages(context, env, cluster, images);
      context.progress.say(
        loaded.length === 0 ? 'the nodes have these images already' : `loaded ${loaded.join(', ')}`,
      );
      return describe(context, source, cluster, images);
    },
  );
}

async function describe(
  context: Context,
  source: Source,
  cluster: string,
  images: readonly ImageArchive[],
): Promise<Ground> {
  const kubeconfig = kubeconfigOf(context, cluster);
  const env = { ...(await source.environment()), KUBECONFIG: kubeconfig };
  const imageIds = new Map(images.map(({ name, id }) => [name, id]));
  return { mode: source.mode, env, kubeconfig, tools: await source.toolFolder(), imageIds };
}

/** Removes a cluster, and what runs beneath when it was the last. Does nothing when there is nothing. */
export async function groundDown(context: Context, cluster: string): Promise<void> {
  const source = await openSource(context, cluster);
  await withLock(
    lockFile(context),
    `ground down of ${cluster}`,
    context.progress,
    context.signal,
    async () => {
      let env = await source.observe();
      if (env === undefined && (await readdir(join(context.home, 'clusters')).catch(() => [])).length > 0) {
        // The daemon was killed, but its store still holds nodes, which it would start again one day.
        await source.raise();
        env = await source.environment();
      }
      const reachable = env;
      if (reachable !== undefined) {
        if ((await listClusters(reachable)).includes(cluster)) {
          await context.progress.step(`kind delete cluster ${cluster}`, () =>
            deleteCluster(context, reachable, cluster),
          );
        } else await forgetCluster(context, cluster);
        const left = await listClusters(reachable);
        if (left.length > 0) {
          context.progress.say(
            `what runs beneath stays: ${left.join(', ')} ${left.length === 1 ? 'needs' : 'need'} it`,
          );
          return;
        }
      }
      await source.lower();
    },
  );
}
