import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
  chmod,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ownPath, type Context } from '../context.ts';
import { fileSha256, fingerprint } from '../fingerprint.ts';
import { configBlob, imageId, writeArchive, type Image, type ImageArchive } from '../image/archive.ts';
import { output, run } from '../run.ts';
import { versions } from '../versions.ts';
import { writeComponents } from './components.ts';
import { importImages } from './content-store.ts';
import { imageTree, nodeTree } from './debian.ts';
import { goModuleFolder } from './go.ts';
import { readKindConstants } from './kind-source.ts';
import type { Programs } from './programs.ts';

const NAME = `gantry/node:v${versions.kubernetes}`;
const CONFIG = {
  Env: ['container=docker', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
  StopSignal: 'SIGRTMIN+3',
} as const;

/** The image of a kind node: what kind's images/base/Dockerfile and `kind build node-image` make, without Docker. */
export async function nodeImage(context: Context, programs: Programs): Promise<ImageArchive> {
  const base = await nodeTree(context);
  const tree = await imageTree(context);
  const parts = [...Object.values(programs).map(dirname), base, tree].map((path) => basename(path));
  const recipes = ['node-image.ts', 'components.ts', 'content-store.ts', 'kind-source.ts'];
  const entry = await context.cache.entry({
    name: 'node-image',
    title: 'the node image for kind',
    keep: 2,
    madeOf: {
      parts,
      kind: versions.kind,
      recipe: await fingerprint(...recipes.map((file) => ownPath('packages', file)), ownPath('image')),
    },
    async build(folder, logFile) {
      const root = join(folder, 'root');
      const source = await goModuleFolder('sigs.k8s.io/kind', `v${versions.kind}`);
      const constants = await readKindConstants(source);
      await run('cp', ['-a', '--reflink=auto', base, root]);
      await trim(root);
      await copyKindFiles(join(source, 'images/base/files'), root);
      await installPrograms(root, programs);
      await configureServices(root, logFile);
      await mkdir(join(root, 'kind/manifests'), { recursive: true });
      await writeFile(join(root, 'kind/manifests/default-cni.yaml'), constants.cniManifest);
      await writeFile(join(root, 'kind/manifests/default-storage.yaml'), constants.storageManifest);
      await writeFile(join(root, 'kind/version'), `v${versions.kubernetes}`);
      const components = await writeComponents(join(folder, 'layers'), programs, tree, constants);
      await importImages(context, root, components, logFile);
      await pack(folder, root);
    },
  });
  const id = (await readFile(join(entry, 'id'), 'utf8')).trim();
  return { name: NAME, id, file: join(entry, 'image.tar') };
}

async function trim(root: string): Promise<void> {
  const unused = [
    'var/cache/apt',
    'var/lib/apt/lists',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
    'debootstrap',
  ];
  await Promise.all(unused.map((path) => rm(join(root, path), { recursive: true, force: true })));
  // Services of a whole machine, which a node in a container must not start (kind's Dockerfile removes the same).
  const wants: readonly [string, RegExp][] = [
    ['lib/systemd/system/sysinit.target.wants', /^systemd-tmpfiles-setup\.service$/],
    ['lib/systemd/system/multi-user.target.wants', /./],
    ['lib/systemd/system/local-fs.target.wants', /./],
    ['lib/systemd/system/basic.target.wants', /./],
    ['lib/systemd/system/sockets.target.wants', /udev|initctl/],
    ...(await readdir(join(root, 'etc/systemd/system')))
      .filter((name) => name.endsWith('.wants'))
      .map((name): [string, RegExp] => [`etc/systemd/system/${name}`, /./]),
  ];
  for (const [folder, pattern] of wants) {
    const names = await readdir(join(root, folder)).catch(() => []);
    await Promise.all(names.filter((name) => pattern.test(name)).map((name) => rm(join(root, folder, name))));
  }
}

async function copyKindFiles(files: string, root: string): Promise<void> {
  for (const folder of ['etc', 'kind', 'usr']) {
    await cp(join(files, folder), join(root, folder), { recursive: true, force: true });
  }
  // Go's module cache is read-only, and modes do not survive it: kind's Dockerfile sets them the same way.
  await run('chmod', [
    '-R',
    'u=rwX,go=rX',
    join(root, 'kind'),
    join(root, 'etc/systemd'),
    join(root, 'etc/containerd'),
  ]);
  await run('chmod', ['644', join(root, 'etc/crictl.yaml'), join(root, 'etc/default/kubelet')]);
  for (const folder of ['usr/local/bin', 'kind/bin']) {
    const names = await readdir(join(root, folder));
    await Promise.all(names.map((name) => chmod(join(root, folder, name), 0o755)));
  }
}

async function installPrograms(root: string, programs: Programs): Promise<void> {
  await Promise.all(
    ['opt/cni/bin', 'etc/kubernetes/manifests'].map((path) => mkdir(join(root, path), { recursive: true })),
  );
  await copyFile(programs.hyperkube, join(root, 'usr/bin/hyperkube'));
  await Promise.all(
    ['kubelet', 'kubeadm', 'kubectl'].map((name) => symlink('hyperkube', join(root, 'usr/bin', name))),
  );
  // The wrapper finds Debian's own runc in /usr/sbin.
  await mkdir(join(root, 'usr/local/sbin'), { recursive: true });
  await copyFile(programs.runc, join(root, 'usr/local/sbin/runc'));
  const plugins = ['host-local', 'loopback', 'ptp', 'portmap'];
  await Promise.all(
    plugins.map((name) => copyFile(join(root, 'usr/lib/cni', name), join(root, 'opt/cni/bin', name))),
  );
  await rm(join(root, 'usr/lib/cni'), { recursive: true });
  // kind's units call these by their path in /usr/local/bin.
  const moved = ['containerd', 'ctr', 'containerd-shim-runc-v2'];
  await Promise.all(moved.map((name) => symlink(`/usr/bin/${name}`, join(root, 'usr/local/bin', name))));
}

async function configureServices(root: string, logFile: string): Promise<void> {
  await appendFile(join(root, 'etc/systemd/journald.conf'), 'ReadKMsg=no\n');
  await rm(join(root, 'sbin/init'), { force: true });
  await symlink('/usr/lib/systemd/systemd', join(root, 'sbin/init'));
  const chroot = (...command: readonly string[]) => run('chroot', [root, ...command], { logFile });
  await chroot('systemctl', 'enable', 'kubelet.service', 'containerd.service', 'undo-mount-hacks.service');
  await chroot('systemctl', 'mask', 'systemd-binfmt.service');
  const config = join(root, 'etc/containerd/config.toml');
  await writeFile(config, containerdConfig(await readFile(config, 'utf8')));
  const spec = await output('chroot', [root, 'ctr', 'oci', 'spec']);
  await writeFile(join(root, 'etc/containerd/cri-base.json'), baseRuntimeSpec(spec));
}

/** kind's containerd configuration, changed where Debian's containerd 1.6 and a machine of few rights need it. */
function containerdConfig(kind: string): string {
  const adapted = kind
    // Without it every critical pod wants a lower oom_score_adj than its node has: "can't get final child's PID".
    .replace('restrict_oom_score_adj = false', 'restrict_oom_score_adj = true')
    .replace(/registry\.k8s\.io\/pause:[\d.]+/, `registry.k8s.io/pause:${versions.pauseImage}`);
  return `${adapted}
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
`;
}

/** The runtime spec that kind gives every container: a hook that mounts the product files, no own rlimits. */
function baseRuntimeSpec(text: string): string {
  const spec: {
    hooks?: { createContainer?: unknown[] };
    process: { rlimits?: unknown };
  } = JSON.parse(text);
  const hooks = [...(spec.hooks?.createContainer ?? []), { path: '/kind/bin/mount-product-files.sh' }];
  const { rlimits: _, ...process } = spec.process;
  return JSON.stringify({ ...spec, process, hooks: { ...spec.hooks, createContainer: hooks } });
}

async function pack(folder: string, root: string): Promise<void> {
  const file = join(folder, 'layer.tar');
  // The system's tar keeps what ours does not know: hard links, device files, capabilities.
  await run('tar', ['-C', root, '--sort=name', '--numeric-owner', '--xattrs', '-cf', file, '.']);
  const image: Image = { name: NAME, layers: [{ file, sha256: await fileSha256(file) }], config: CONFIG };
  await writeArchive(join(folder, 'image.tar'), [image]);
  await writeFile(join(folder, 'id'), imageId(image));
  await writeFile(join(folder, 'config.json'), configBlob(image));
  await Promise.all(
    ['layer.tar', 'root', 'layers'].map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
}
