import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { run } from '../run.ts';
import type { NodeSettings, Source } from '../source.ts';
import {
  addresses,
  daemonEnvironment,
  isUp,
  startDaemon,
  stopDaemon,
  type DaemonPrograms,
} from './daemon.ts';
import { hostPrograms, imageTree, nodeTree } from './debian.ts';
import { nodeApplication } from './node-base.ts';
import { nodeImage } from './node-image.ts';
import { postgresImage } from './postgres.ts';
import { buildPrograms, helmRecipe, runtimeFolder, toolFolder, type Programs } from './programs.ts';
import { rocketmqImages } from './rocketmq.ts';

/** Everything from package registries: for a machine without Docker or without a registry of images. */
export function packagesSource(context: Context): Source {
  let programs: Promise<Programs> | undefined;
  // Compilers and the network work side by side; the trees are fetched while Go compiles.
  const build = (): Promise<Programs> => {
    programs ??= Promise.all([buildPrograms(context), nodeTree(context), imageTree(context)]).then(
      ([built]) => built,
    );
    return programs;
  };
  const daemonPrograms = async (): Promise<DaemonPrograms> => {
    const built = await build();
    const host = await hostPrograms(context);
    return {
      host,
      runtime: await runtimeFolder(context, built),
      tools: await toolFolder(context, built, host),
    };
  };
  const environment = async () => daemonEnvironment(await daemonPrograms());
  return {
    mode: 'packages',
    environment,
    async toolFolder() {
      await context.cache.entry(helmRecipe(context));
      return (await daemonPrograms()).tools;
    },
    async raise() {
      const env = await environment();
      await startDaemon(context, await daemonPrograms());
      await remember(context, env);
    },
    async nodeSettings(): Promise<NodeSettings> {
      const env = await environment();
      const image = await nodeImage(context, await build());
      const inspect = ['image', 'inspect', '--format', '{{.Id}}', image.name];
      const present = await run('docker', inspect, { env, accept: [1] });
      if (present.stdout.trim() !== image.id) {
        await context.progress.step('loading the node image into Docker', async () => {
          await run('docker', ['load', '--input', image.file], { env, signal: context.signal });
          await run('docker', ['image', 'prune', '--force'], { env });
        });
      }
      return { image: image.name, network: { podSubnet: addresses.pods, serviceSubnet: addresses.services } };
    },
    async lower() {
      await context.progress.step("stopping Docker's daemon", () => stopDaemon(context));
      await rm(recordOf(context), { force: true });
    },
    async observe() {
      const text = await readFile(recordOf(context), 'utf8').catch(() => undefined);
      if (text === undefined) return undefined;
      const env: Readonly<Record<string, string>> = JSON.parse(text);
      return (await isUp(env)) ? env : undefined;
    },
    async foreignImages(rocketmq) {
      return [...(await rocketmqImages(context, rocketmq)), await postgresImage(context)];
    },
    nodeApplication: (name, bundles) => nodeApplication(context, name, bundles),
  };
}

/** Where a later `status` or `stop` finds the variables of a running daemon without building anything. */
const recordOf = (context: Context): string => join(context.home, 'state', 'environment.json');

async function remember(context: Context, env: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(context.home, 'state'), { recursive: true });
  await writeFile(recordOf(context), JSON.stringify(env));
}
