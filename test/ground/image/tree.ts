import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TarEntry } from './tar.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Everything under a folder of the disk as entries under `prefix`, in an order that does not depend on the disk. */
export async function treeEntries(
  folder: string,
  prefix: string,
  owner: Owner = { uid: 0, gid: 0 },
): Promise<TarEntry[]> {
  const names = (await readdir(folder)).toSorted();
  const nested = await Promise.all(
    names.map(async (name): Promise<TarEntry[]> => {
      const source = join(folder, name);
      const path = join(prefix, name);
      const stats = await lstat(source);
      if (stats.isSymbolicLink())
        return [{ type: 'symlink', path, target: await readlink(source), ...owner }];
      const mode = stats.mode & 0o7777;
      if (stats.isDirectory()) {
        return [{ type: 'directory', path, mode, ...owner }, ...(await treeEntries(source, path, owner))];
      }
      return [{ type: 'file', path, mode, content: { file: source, size: stats.size }, ...owner }];
    }),
  );
  return nested.flat();
}

/** One file of the disk under another name; a link is followed, so that the entry is the file itself. */
export async function fileEntry(
  source: string,
  path: string,
  mode = 0o644,
  owner: Owner = { uid: 0, gid: 0 },
): Promise<TarEntry> {
  const file = await realpath(source);
  return { type: 'file', path, mode, content: { file, size: (await stat(file)).size }, ...owner };
}

export function textEntry(path: string, text: string, mode = 0o644): TarEntry {
  return { type: 'file', path, mode, content: Buffer.from(text) };
}

/** Puts the folders that entries lie in before them, each once; an entry given twice stays as first given. */
export function withParents(entries: readonly TarEntry[]): TarEntry[] {
  const seen = new Map<string, TarEntry>();
  const addParents = (path: string): void => {
    const parent = dirname(path);
    if (parent === '.' || seen.has(parent)) return;
    addParents(parent);
    seen.set(parent, { type: 'directory', path: parent });
  };
  // A folder that is given with its own mode or owner counts, wherever it stands.
  const folders = new Map(
    entries.filter((each) => each.type === 'directory').map((each) => [each.path, each]),
  );
  for (const entry of entries) {
    addParents(entry.path);
    if (!seen.has(entry.path)) seen.set(entry.path, entry);
  }
  return [...seen.values()].map((entry) => folders.get(entry.path) ?? entry);
}
