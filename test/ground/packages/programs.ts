import { copyFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Recipe } from '../cache.ts';
import type { Context } from '../context.ts';
import { run } from '../run.ts';
import { versions } from '../versions.ts';
import { hostPrograms } from './debian.ts';
import { goInstallRecipe, goModuleFolder, goProgram, localPathProvisioner } from './go.ts';

/** Where each program of the packages ground lies. */
export interface Programs {
  readonly hyperkube: string;
  readonly etcd: string;
  readonly coredns: string;
  readonly kindnetd: string;
  readonly localPathProvisioner: string;
  readonly pause: string;
  readonly runc: string;
  readonly kind: string;
}

/** Builds what is missing, one program after the other: each build uses every core by itself. */
export async function buildPrograms(context: Context): Promise<Programs> {
  const kind = await context.cache.entry(
    goInstallRecipe(context, 'kind', 'sigs.k8s.io/kind', `v${versions.kind}`),
  );
  const runc = await goProgram(context, 'runc', 'runc');
  const hyperkube = await goProgram(context, 'hyperkube', 'kubernetes', kubernetesVersionFlags());
  return {
    kind: join(kind, 'kind'),
    runc,
    hyperkube,
    etcd: await goProgram(context, 'etcd', 'etcd'),
    kindnetd: await goProgram(context, 'kindnetd', 'kindnet'),
    localPathProvisioner: await localPathProvisioner(
      context,
      versions.localPathProvisioner,
      versions.kubernetes,
    ),
    coredns: await goProgram(context, 'coredns', 'coredns'),
    pause: await pause(context),
  };
}

/** Helm is for people and charts: no node needs it, so it is built while the cluster comes up. */
export function helmRecipe(context: Context): Recipe {
  return goInstallRecipe(
    context,
    'helm',
    'helm.sh/helm/v3/cmd/helm',
    `v${versions.helm}`,
    helmVersionFlags(),
  );
}

/** Without these the server reports v0.0.0, which kubeadm, Helm and every client check refuse. */
function kubernetesVersionFlags(): readonly string[] {
  const [major = '', minor = ''] = versions.kubernetes.split('.');
  const facts = {
    gitVersion: `v${versions.kubernetes}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: '0'.repeat(40),
  };
  const base = Object.entries(facts).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return [...base, `-X k8s.io/client-go/pkg/version.gitVersion=v${versions.kubernetes}`];
}

/** Without them `helm template` assumes Kubernetes 1.20. */
function helmVersionFlags(): readonly string[] {
  const [major = '', minor = ''] = versions.kubernetes.split('.');
  const chartutil = 'helm.sh/helm/v3/pkg/chartutil';
  return [
    `-X helm.sh/helm/v3/internal/version.version=v${versions.helm}`,
    `-X ${chartutil}.k8sVersionMajor=${major}`,
    `-X ${chartutil}.k8sVersionMinor=${minor}`,
  ];
}

async function pause(context: Context): Promise<string> {
  const entry = await context.cache.entry({
    name: 'pause',
    title: 'C: pause',
    madeOf: { kubernetes: versions.kubernetes },
    async build(folder, logFile) {
      const source = await goModuleFolder('k8s.io/kubernetes', `v${versions.kubernetes}`);
      const flags = ['-Os', '-s', '-static', `-DVERSION=v${versions.pauseImage}`];
      await run('gcc', [...flags, '-o', join(folder, 'pause'), join(source, 'build/pause/linux/pause.c')], {
        logFile,
      });
    },
  });
  return join(entry, 'pause');
}

/** A folder for the PATH: kubectl, helm and kind for a person, and the programs that kind itself calls. */
export function toolFolder(context: Context, programs: Programs, host: string): Promise<string> {
  const links = {
    kubectl: programs.hyperkube,
    kubeadm: programs.hyperkube,
    // Linked before it is built.
    helm: join(context.cache.place(helmRecipe(context)), 'helm'),
    kind: programs.kind,
    docker: join(host, 'usr/bin/docker'),
  };
  return context.cache.entry({
    name: 'tools',
    title: 'a folder of tools for the PATH',
    madeOf: links,
    async build(folder) {
      await Promise.all(Object.entries(links).map(([name, target]) => symlink(target, join(folder, name))));
    },
  });
}

/** Docker's runtimes: our wrapper under the name that Docker looks for, with the real runc beside it. */
export async function runtimeFolder(context: Context, programs: Programs): Promise<string> {
  const host = await hostPrograms(context);
  return context.cache.entry({
    name: 'runtime',
    title: 'the container runtime',
    madeOf: { wrapper: basename(dirname(programs.runc)), host: basename(host) },
    async build(folder) {
      await copyFile(programs.runc, join(folder, 'runc'));
      await copyFile(join(host, 'usr/sbin/runc'), join(folder, 'runc.real'));
    },
  });
}
