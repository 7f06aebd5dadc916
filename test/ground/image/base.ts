import { join } from 'node:path';
import { output } from '../run.ts';
import type { TarEntry } from './tar.ts';
import { fileEntry, textEntry } from './tree.ts';

export interface User {
  readonly name: string;
  readonly id: number;
  readonly home: string;
}

/** The files without which no C library names a user or a host, for images that start from nothing. */
export function accountEntries(users: readonly User[]): TarEntry[] {
  const all = [{ name: 'root', id: 0, home: '/root' }, ...users, { name: 'nobody', id: 65534, home: '/' }];
  const passwd = all
    .map(({ name, id, home }) => `${name}:x:${String(id)}:${String(id)}::${home}:/bin/sh\n`)
    .join('');
  const group = all.map(({ name, id }) => `${name}:x:${String(id)}:\n`).join('');
  return [
    textEntry('etc/passwd', passwd),
    textEntry('etc/group', group),
    textEntry('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'directory', path: 'root', mode: 0o700 },
  ];
}

/** Debian's merged /usr, as the libraries' paths expect it. */
export function mergedUsrEntries(): TarEntry[] {
  return ['bin', 'sbin', 'lib', 'lib64'].flatMap((name): TarEntry[] => [
    { type: 'directory', path: `usr/${name}` },
    { type: 'symlink', path: name, target: `usr/${name}` },
  ]);
}

/** A static busybox and a link for each of its programs. */
export async function busyboxEntries(tree: string): Promise<TarEntry[]> {
  const busybox = join(tree, 'usr/bin/busybox');
  const applets = (await output(busybox, ['--list'])).split('\n').filter((name) => name !== 'busybox');
  return [
    await fileEntry(busybox, 'usr/bin/busybox', 0o755),
    ...applets.map((name): TarEntry => ({ type: 'symlink', path: `usr/bin/${name}`, target: 'busybox' })),
  ];
}
