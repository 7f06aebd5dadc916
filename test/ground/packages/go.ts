import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../cache.ts';
import { ownPath, type Context } from '../context.ts';
import { fingerprint } from '../fingerprint.ts';
import { output, run } from '../run.ts';

const PROGRAMS = ownPath('programs');

/** One of our own Go programs, built into `<entry>/<name>`. Static, so that it runs in an image without a C library. */
export async function goProgram(
  context: Context,
  name: string,
  folder: string,
  ldflags: readonly string[] = [],
): Promise<string> {
  const source = join(PROGRAMS, folder);
  const entry = await context.cache.entry({
    name,
    title: `Go: ${name}`,
    madeOf: { source: await fingerprint(source), ldflags },
    async build(place, logFile) {
      const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', ['-s', '-w', ...ldflags].join(' ')];
      await run('go', [...args, '-o', join(place, name), '.'], {
        cwd: source,
        env: { CGO_ENABLED: '0', GOFLAGS: '' },
        logFile,
        signal: context.signal,
      });
    },
  });
  return join(entry, name);
}

/** How to make a program that its own module builds as it is: `go install path@version`. */
export function goInstallRecipe(
  context: Context,
  name: string,
  path: string,
  version: string,
  ldflags: readonly string[] = [],
): Recipe {
  return {
    name,
    title: `Go: ${name} ${version}`,
    madeOf: { path, version, ldflags },
    async build(place, logFile) {
      await run(
        'go',
        ['install', '-trimpath', '-ldflags', ['-s', '-w', ...ldflags].join(' '), `${path}@${version}`],
        {
          cwd: place,
          env: { CGO_ENABLED: '0', GOFLAGS: '', GOBIN: place },
          logFile,
          signal: context.signal,
        },
      );
    },
  };
}

/** The folder of a module in Go's module cache, downloaded first when it is not there. */
export async function goModuleFolder(path: string, version: string): Promise<string> {
  const module: { Dir: string } = JSON.parse(
    await output('go', ['mod', 'download', '-json', `${path}@${version}`], { cwd: '/' }),
  );
  return module.Dir;
}

/**
 * The local-path provisioner, from its own source but with the Kubernetes client that kindnetd's stand-in is built
 * with: its own, five releases older, would have to be compiled once more for this program alone.
 */
export async function localPathProvisioner(
  context: Context,
  version: string,
  kubernetes: string,
): Promise<string> {
  const name = 'local-path-provisioner';
  const entry = await context.cache.entry({
    name,
    title: `Go: ${name} ${version}`,
    madeOf: { version, kubernetes },
    async build(place, logFile) {
      const source = await goModuleFolder('github.com/rancher/local-path-provisioner', `v${version}`);
      const modfile = join(place, 'go.mod');
      const clients = ['api', 'apimachinery', 'client-go'].map(
        (each) => `-require=k8s.io/${each}@v0.${kubernetes.slice(2)}`,
      );
      const options = { env: { CGO_ENABLED: '0', GOFLAGS: '' }, logFile, signal: context.signal };
      await cp(join(source, 'go.mod'), modfile);
      await cp(join(source, 'go.sum'), join(place, 'go.sum'));
      await run('go', ['mod', 'edit', ...clients, modfile], options);
      const build = [
        'build',
        '-mod=mod',
        `-modfile=${modfile}`,
        '-trimpath',
        '-ldflags',
        `-s -w -X main.VERSION=v${version}`,
      ];
      await run('go', [...build, '-o', join(place, name), '.'], { ...options, cwd: source });
      await Promise.all(['go.mod', 'go.sum'].map((file) => rm(join(place, file), { force: true })));
    },
  });
  return join(entry, name);
}
