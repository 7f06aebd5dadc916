import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Context } from './context.ts';
import type { ImageArchive } from './image/archive.ts';
import type { Source } from './source.ts';
import { imageNames } from './versions.ts';

interface Bundle {
  readonly image: string;
  readonly entryPoint: string;
  /** A module that exports the esbuild plugin which makes the RocketMQ client fit into one file. */
  readonly pluginModule?: string;
}

const OPERATOR: Bundle = { image: imageNames.operator, entryPoint: 'operator/src/main.ts' };

const BUNDLES: readonly Bundle[] = [
  OPERATOR,
  {
    image: imageNames.order,
    entryPoint: 'apps/order/src/main.ts',
    pluginModule: 'apps/messaging/esbuild-plugin.mjs',
  },
];

/** The images of the operator and of the services, from the sources as they are in this checkout. */
export async function ownImages(context: Context, source: Source): Promise<readonly ImageArchive[]> {
  const images: ImageArchive[] = [];
  for (const bundle of BUNDLES) {
    images.push(await source.nodeApplication(bundle.image, await bundleText(context.repository, bundle)));
  }
  return images;
}

/** The operator as one file, for a process outside a cluster. */
export function operatorBundle(repository: string): Promise<string> {
  return bundleText(repository, OPERATOR);
}

async function bundleText(repository: string, bundle: Bundle): Promise<string> {
  const entryPoint = join(repository, bundle.entryPoint);
  if (!existsSync(entryPoint))
    throw new Error(`${bundle.entryPoint} is not there: ${bundle.image} is made from it.`);
  const plugins =
    bundle.pluginModule === undefined ? [] : [await loadPlugin(join(repository, bundle.pluginModule))];
  const result = await build({
    entryPoints: [entryPoint],
    absWorkingDir: repository,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names stay, for the stack traces of errors. Short names with `keepNames` would cost 6 MiB of memory: it sets a
    // property on every function of every library.
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'error',
    plugins,
    // CommonJS packages inside an ES module call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild wrote nothing for ${bundle.entryPoint}`);
  return file.text;
}

async function loadPlugin(file: string): Promise<Plugin> {
  const module: { readonly rocketmqClientPlugin: Plugin } = await import(file);
  return module.rocketmqClientPlugin;
}
