import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { output } from '../run.ts';
import type { TarEntry } from './tar.ts';
import { fileEntry } from './tree.ts';

const LIBRARIES = 'usr/lib/x86_64-linux-gnu';
const LOADER = 'usr/lib64/ld-linux-x86-64.so.2';

/** The shared libraries in a loader's `--list` output, and the names that it could not find. */
export function parseLoaderList(text: string): {
  readonly found: readonly string[];
  readonly missing: readonly string[];
} {
  const lines = text.split('\n').map((line) => line.trim());
  const found = lines
    .map((line) => /^\S+ => (\/\S+) \(0x/.exec(line)?.[1])
    .filter((each) => each !== undefined);
  const missing = lines
    .map((line) => /^(\S+) => not found$/.exec(line)?.[1])
    .filter((each) => each !== undefined);
  return { found, missing };
}

/**
 * The dynamic loader and every shared library that programs need, as entries of an image. They are looked up in a
 * tree of unpacked Debian packages by that tree's own loader, so that the machine's libraries play no part.
 * Libraries that lie in `ownFolders` are resolved there and left out: they come with the programs. A program that is
 * itself a library of the tree is an entry too: whatever asks for it does so only at run time (jars carry their
 * native code packed).
 */
export async function libraryEntries(
  tree: string,
  programs: readonly string[],
  ownFolders: readonly string[] = [],
): Promise<TarEntry[]> {
  const path = [join(tree, LIBRARIES), ...ownFolders].join(':');
  const found = new Set<string>();
  for (const program of programs) {
    const text = await output(join(tree, LOADER), ['--library-path', path, '--list', program], {
      accept: [1, 127],
    });
    const list = parseLoaderList(text);
    if (list.missing.length > 0)
      throw new Error(`${program} needs ${list.missing.join(', ')}, which ${tree} lacks`);
    [program, ...list.found]
      .filter((library) => dirname(library) === join(tree, LIBRARIES))
      .forEach((each) => found.add(each));
  }
  const libraries = [...found]
    .toSorted()
    .map((library) => fileEntry(library, join(LIBRARIES, basename(library)), 0o755));
  return [
    await fileEntry(await realpath(join(tree, LOADER)), LOADER, 0o755),
    ...(await Promise.all(libraries)),
  ];
}
