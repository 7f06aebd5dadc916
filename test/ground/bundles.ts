import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Context } from './context.ts';
import type { ImageArchive } from './image/archive.ts';
import type { Source } from './source.ts';
import { exchangeServices, imageNames } from './versions.ts';

interface Program {
  readonly entryPoint: string;
  /** A module that exports the esbuild plugin which makes the RocketMQ client fit into one file. */
  readonly pluginModule?: string;
}

/** What an image of ours holds: a file in `/app` for each program; it starts `main.mjs`. */
type Programs = Readonly<Record<string, Program>>;
/** Texts by the name of the file. */
export type Bundles = Readonly<Record<string, string>>;

const OPERATOR = { entryPoint: 'operator/src/main.ts' } as const satisfies Program;
/** `cli.mjs` is for people. */
const OPERATOR_PROGRAMS: Programs = {
  'main.mjs': OPERATOR,
  'guard.mjs': { entryPoint: 'operator/src/guard/main.ts' },
  'cli.mjs': { entryPoint: 'operator/src/cli/main.ts' },
};

const IMAGES: Readonly<Record<string, Programs>> = {
  [imageNames.operator]: OPERATOR_PROGRAMS,
  ...Object.fromEntries(
    exchangeServices.map((service) => [imageNames[service], { 'main.mjs': serviceProgram(service) }]),
  ),
};

function serviceProgram(service: string): Program {
  const pluginModule = 'apps/messaging/esbuild-plugin.mjs';
  return { entryPoint: `apps/${service}/src/main.ts`, pluginModule };
}

/** The images of the operator and of the services, from the sources as they are in this checkout. */
export async function ownImages(context: Context, source: Source): Promise<readonly ImageArchive[]> {
  const images: ImageArchive[] = [];
  for (const [name, programs] of Object.entries(IMAGES)) {
    images.push(await source.nodeApplication(name, await bundlesOf(context.repository, programs)));
  }
  return images;
}

/** What the image of the operator holds; an older commit has fewer programs. */
export function operatorBundles(repository: string): Promise<Bundles> {
  const there = Object.entries(OPERATOR_PROGRAMS).filter(([, { entryPoint }]) =>
    existsSync(join(repository, entryPoint)),
  );
  return bundlesOf(repository, Object.fromEntries(there));
}

async function bundlesOf(repository: string, programs: Programs): Promise<Bundles> {
  const texts = Object.entries(programs).map(
    async ([file, program]) => [file, await bundleText(repository, program)] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

/** The operator as one file, for a process outside a cluster. */
export function operatorBundle(repository: string): Promise<string> {
  return bundleText(repository, OPERATOR);
}

async function bundleText(repository: string, program: Program): Promise<string> {
  const entryPoint = join(repository, program.entryPoint);
  if (!existsSync(entryPoint))
    throw new Error(`${program.entryPoint} is not there: a program of ours is made from it.`);
  const plugins =
    program.pluginModule === undefined ? [] : [await loadPlugin(join(repository, program.pluginModule))];
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
  if (file === undefined) throw new Error(`esbuild wrote nothing for ${program.entryPoint}`);
  return file.text;
}

async function loadPlugin(file: string): Promise<Plugin> {
  const module: { readonly rocketmqClientPlugin: Plugin } = await import(file);
  return module.rocketmqClientPlugin;
}
