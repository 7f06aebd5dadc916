import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { words } from '../values.ts';
import { CommandError, run, type RunOptions } from '../run.ts';
import { versions } from '../versions.ts';

/** Programs that the ground runs on this machine. Unpacked only: nothing is installed and no service is started. */
const HOST_PACKAGES = words(`
  docker.io containerd runc tini debootstrap zip iptables libip4tc2 libip6tc2 libxtables12 libnftnl11
  libnetfilter-conntrack3 libnfnetlink0 libmnl0 libdevmapper1.02.1 libseccomp2
`);

/**
 * Names that only the installation of the iptables package gives to xtables-nft-multi. Docker's daemon calls them in
 * the network of each container, to lead it to its name server; without them no node finds another.
 */
const NFT_LINKS = ['iptables', 'ip6tables'] as const;

/** Packages from which files go into images, with everything they depend on. */
const IMAGE_PACKAGES = words(`
  busybox-static libstdc++6 zlib1g iptables postgresql-15 postgresql-client-15 tzdata libfontconfig1
  libfreetype6
`);

/** A folder with Docker's daemon, debootstrap and what they need of the system. */
export function hostPrograms(context: Context): Promise<string> {
  return context.cache.entry({
    name: 'host-programs',
    title: "Debian packages: Docker's daemon, containerd, runc, debootstrap",
    madeOf: { suite: versions.debian, packages: HOST_PACKAGES, links: NFT_LINKS },
    async build(folder, logFile) {
      const debs = join(folder, 'debs');
      await mkdir(debs);
      await apt(context, ['download', ...HOST_PACKAGES], { cwd: debs, logFile });
      await unpack(context, debs, folder);
      for (const name of NFT_LINKS) await symlink('xtables-nft-multi', join(folder, 'usr/sbin', name));
    },
  });
}

/** A tree of unpacked packages, complete down to the C library, which no maintainer script has touched. */
export function imageTree(context: Context): Promise<string> {
  return context.cache.entry({
    name: 'image-tree',
    title: 'Debian packages: C library, busybox, iptables and PostgreSQL for images',
    madeOf: { suite: versions.debian, packages: IMAGE_PACKAGES },
    async build(folder, logFile) {
      const debs = join(folder, 'debs');
      await mkdir(join(debs, 'partial'), { recursive: true });
      // With an empty status file apt believes that nothing is installed and fetches every dependency.
      const closure = ['-o', 'Dir::State::status=/dev/null', '-o', `Dir::Cache::archives=${debs}`];
      const options = ['-o', 'Debug::NoLocking=1', '-y', '--no-install-recommends', '--download-only'];
      await apt(context, [...closure, ...options, 'install', ...IMAGE_PACKAGES], { logFile });
      await unpack(context, debs, folder);
    },
  });
}

/** apt-get, with the package lists brought up to date once when a package cannot be had as they stand. */
async function apt(context: Context, args: readonly string[], options: RunOptions): Promise<void> {
  const attempt = () =>
    run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', ...args], { ...options, signal: context.signal });
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    context.progress.say('bringing the package lists up to date: apt-get update');
    // A foreign source that does not answer is no reason to stop: the second attempt is the judge.
    await run('apt-get', ['-q', 'update'], {
      logFile: options.logFile,
      signal: context.signal,
      accept: [100],
    });
    await attempt();
  }
}

async function unpack(context: Context, debs: string, folder: string): Promise<void> {
  // Debian's merged /usr: packages of this release still name /lib and /bin.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(folder, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(folder, name));
  }
  const names = (await readdir(debs)).filter((name) => name.endsWith('.deb')).toSorted();
  for (const name of names) {
    const pipe = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink';
    await run('sh', ['-c', pipe, 'sh', join(debs, name), folder], { signal: context.signal });
  }
  await rm(debs, { recursive: true });
}

/** The variables under which the unpacked programs find their libraries and plugins. */
export function hostEnvironment(host: string): Readonly<Record<string, string>> {
  return {
    PATH: [join(host, 'usr/bin'), join(host, 'usr/sbin'), process.env['PATH'] ?? ''].join(':'),
    LD_LIBRARY_PATH: join(host, 'usr/lib/x86_64-linux-gnu'),
    XTABLES_LIBDIR: join(host, 'usr/lib/x86_64-linux-gnu/xtables'),
    DEBOOTSTRAP_DIR: join(host, 'usr/share/debootstrap'),
  };
}

/** The base tree of a kind node: a configured minimal Debian with systemd, containerd and network tools. */
export async function nodeTree(context: Context): Promise<string> {
  const packages = words(`
    systemd systemd-sysv conntrack iptables nftables iproute2 ethtool util-linux mount kmod libseccomp2
    pigz e2fsprogs bash ca-certificates curl jq procps socat containerd runc containernetworking-plugins
  `);
  const host = await hostPrograms(context);
  return context.cache.entry({
    name: 'node-tree',
    title: "Debian's base system for the nodes (debootstrap)",
    madeOf: { suite: versions.debian, packages },
    async build(folder, logFile) {
      const { stdout } = await run('apt-get', ['indextargets', '--format', '$(SITE)']);
      const mirror =
        stdout.split('\n').find((site) => site.startsWith('http')) ?? 'http://deb.debian.org/debian';
      const args = ['--variant=minbase', `--include=${packages.join(',')}`, versions.debian, folder, mirror];
      await run('debootstrap', args, { logFile, env: hostEnvironment(host), signal: context.signal });
    },
  });
}
