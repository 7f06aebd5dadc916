import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What something is made of: names to versions, hashes, lists. Only JSON, so that it has one spelling. */
export type MadeOf = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The short name of everything that goes into a thing: equal inputs, in any order of keys, give an equal key. */
export function cacheKey(madeOf: MadeOf): string {
  const sorted = Object.entries(madeOf).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(sorted)).slice(0, 16);
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** One hash over the names and contents of files and of everything in folders, unit tests aside. */
export async function fingerprint(...paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(paths.map(describe));
  return sha256(parts.flat().join('\n'));
}

async function describe(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [`${path.split('/').at(-1) ?? ''} ${sha256(await readFile(path))}`];
  const names = entries
    .map((entry) => entry.name)
    .filter((name) => !name.endsWith('.test.ts'))
    .toSorted();
  return (await Promise.all(names.map((name) => describe(join(path, name))))).flat();
}
