/** Writes crds/ and docs/reference/. With --check it writes nothing and fails when a file is not up to date. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './api/generated-files.ts';
import { settingsReference } from './cluster/config/reference.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['crds', 'docs/reference'];

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Files of a kind that is gone. */
async function leftovers(wanted: ReadonlySet<string>): Promise<readonly string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      await mkdir(join(root, folder), { recursive: true });
      return (await readdir(join(root, folder))).map((name) => `${folder}/${name}`);
    }),
  );
  return found.flat().filter((path) => !wanted.has(path));
}

const files = new Map([...generatedFiles(), ['docs/reference/settings.md', settingsReference()]]);
const stale: string[] = [...(await leftovers(new Set(files.keys())))];
for (const [path, content] of files) {
  if ((await contentOf(path)) !== content) stale.push(path);
}

if (!process.argv.includes('--check')) {
  for (const path of stale) {
    const content = files.get(path);
    if (content === undefined) {
      await rm(join(root, path));
    } else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    process.stdout.write(`${content === undefined ? 'removed' : 'wrote'} ${path}\n`);
  }
} else if (stale.length > 0) {
  process.stderr.write(`not up to date, run npm run generate: ${stale.join(', ')}\n`);
  process.exitCode = 1;
}
