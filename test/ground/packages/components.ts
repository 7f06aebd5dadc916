import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeArchive, writeLayer, type Image, type Layer } from '../image/archive.ts';
import { accountEntries, busyboxEntries, mergedUsrEntries } from '../image/base.ts';
import { libraryEntries } from '../image/closure.ts';
import type { TarEntry } from '../image/tar.ts';
import { fileEntry } from '../image/tree.ts';
import { versions } from '../versions.ts';
import type { KindConstants } from './kind-source.ts';
import type { Programs } from './programs.ts';

const KUBERNETES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Writes the images that kubeadm and kind's manifests name into one archive, with their common layers once. */
export async function writeComponents(
  folder: string,
  programs: Programs,
  tree: string,
  kind: KindConstants,
): Promise<string> {
  const base = await writeLayer(folder, 'base', [...mergedUsrEntries(), ...accountEntries([])]);
  const shell = await writeLayer(folder, 'shell', [
    ...mergedUsrEntries(),
    ...accountEntries([]),
    ...(await busyboxEntries(tree)),
  ]);
  const kubernetes = await writeLayer(folder, 'kubernetes', await kubernetesEntries(programs.hyperkube));
  const iptables = await writeLayer(folder, 'iptables', await iptablesEntries(tree));
  const single = async (
    name: string,
    program: string,
    path: string,
    below: readonly Layer[] = [base],
  ): Promise<Image> => {
    const layer = await writeLayer(folder, path.split('/').at(-1) ?? path, [
      await fileEntry(program, path, 0o755),
    ]);
    return { name, layers: [...below, layer], config: { Env: [PATH], Entrypoint: [`/${path}`] } };
  };
  const servers = KUBERNETES.map((name): Image => ({
    name: `registry.k8s.io/${name}:v${versions.kubernetes}`,
    layers: name === 'kube-proxy' ? [base, kubernetes, iptables] : [base, kubernetes],
    config: { Env: [PATH], Entrypoint: [name] },
  }));
  const archive = join(folder, 'components.tar');
  await writeArchive(archive, [
    ...servers,
    await single(`registry.k8s.io/etcd:${versions.etcdImage}`, programs.etcd, 'usr/local/bin/etcd'),
    await single(`registry.k8s.io/coredns/coredns:${versions.corednsImage}`, programs.coredns, 'coredns'),
    await single(`registry.k8s.io/pause:${versions.pauseImage}`, programs.pause, 'pause', []),
    await single(kind.kindnetdImage, programs.kindnetd, 'usr/local/bin/kindnetd'),
    await single(
      kind.storageProvisionerImage,
      programs.localPathProvisioner,
      'usr/local/bin/local-path-provisioner',
    ),
    { name: kind.storageHelperImage, layers: [shell], config: { Env: [PATH], Cmd: ['/bin/sh'] } },
  ]);
  return archive;
}

async function kubernetesEntries(hyperkube: string): Promise<TarEntry[]> {
  const links = KUBERNETES.map((name): TarEntry => ({
    type: 'symlink',
    path: `usr/local/bin/${name}`,
    target: 'hyperkube',
  }));
  return [await fileEntry(hyperkube, 'usr/local/bin/hyperkube', 0o755), ...links];
}

/**
 * The iptables that kube-proxy calls. Its extensions are opened at run time, so each one's own libraries count too:
 * without libm, which only libxt_statistic needs, rules break as soon as a Service has two endpoints.
 */
async function iptablesEntries(tree: string): Promise<TarEntry[]> {
  const plugins = 'usr/lib/x86_64-linux-gnu/xtables';
  const names = (await readdir(join(tree, plugins))).toSorted();
  const program = 'usr/sbin/xtables-nft-multi';
  const objects = [program, ...names.map((name) => `${plugins}/${name}`)];
  const families = ['iptables', 'ip6tables'];
  const links = families.flatMap((family) => [family, `${family}-save`, `${family}-restore`]);
  return [
    ...(await libraryEntries(
      tree,
      objects.map((object) => join(tree, object)),
    )),
    ...(await Promise.all(objects.map((object) => fileEntry(join(tree, object), object, 0o755)))),
    ...links.map((name): TarEntry => ({
      type: 'symlink',
      path: `usr/sbin/${name}`,
      target: 'xtables-nft-multi',
    })),
  ];
}
