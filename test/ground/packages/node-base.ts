import { writeFile, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bundles } from '../bundles.ts';
import { ownPath, type Context } from '../context.ts';
import { fingerprint, fileSha256, sha256 } from '../fingerprint.ts';
import {
  imageId,
  packImage,
  writeLayer,
  type Image,
  type ImageArchive,
  type Layer,
} from '../image/archive.ts';
import { accountEntries, busyboxEntries, mergedUsrEntries } from '../image/base.ts';
import { libraryEntries } from '../image/closure.ts';
import { fileEntry, textEntry } from '../image/tree.ts';
import { imageTree } from './debian.ts';

const NODE_USER = { name: 'node', id: 1000, home: '/home/node' } as const;

/** The layer that our services stand on: Node from its npm package, its libraries and a shell. */
async function nodeBase(context: Context): Promise<Layer> {
  const tree = await imageTree(context);
  const node = join(context.repository, 'node_modules/node/bin/node');
  const entry = await context.cache.entry({
    name: 'node-base',
    title: `the Node ${process.versions.node} base of our images`,
    madeOf: {
      node: await fileSha256(node),
      tree: basename(tree),
      recipe: await fingerprint(ownPath('packages/node-base.ts'), ownPath('image')),
    },
    async build(folder) {
      const layer = await writeLayer(folder, 'base', [
        ...mergedUsrEntries(),
        ...accountEntries([NODE_USER]),
        { type: 'directory', path: 'home/node', uid: NODE_USER.id, gid: NODE_USER.id },
        ...(await busyboxEntries(tree)),
        ...(await libraryEntries(tree, [node])),
        await fileEntry(node, 'usr/local/bin/node', 0o755),
      ]);
      await writeFile(join(folder, 'sha256'), layer.sha256);
    },
  });
  return { file: join(entry, 'base.tar'), sha256: await readFile(join(entry, 'sha256'), 'utf8') };
}

/** An image with bundles in /app, of which Node runs main.mjs as user 1000. */
export async function nodeApplication(
  context: Context,
  name: string,
  bundles: Bundles,
): Promise<ImageArchive> {
  const base = await nodeBase(context);
  const entry = await context.cache.entry({
    name: `image-${name.replaceAll(/[^a-z0-9.]+/g, '-')}`,
    title: `the image ${name}`,
    keep: 4,
    madeOf: {
      bundles: sha256(JSON.stringify(bundles)),
      base: basename(dirname(base.file)),
      recipe: await fingerprint(ownPath('packages/node-base.ts')),
    },
    async build(folder) {
      const files = Object.entries(bundles).map(([file, text]) => textEntry(`app/${file}`, text));
      const layer = await writeLayer(folder, 'app', files);
      const image: Image = {
        name,
        layers: [base, layer],
        config: {
          User: `${String(NODE_USER.id)}:${String(NODE_USER.id)}`,
          WorkingDir: '/app',
          Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production', `HOME=${NODE_USER.home}`],
          Entrypoint: ['node', '/app/main.mjs'],
        },
      };
      await packImage(folder, image);
      await writeFile(join(folder, 'id'), imageId(image));
    },
  });
  return archiveIn(entry, name);
}

/** The image that an entry of the cache holds. */
export async function archiveIn(entry: string, name: string): Promise<ImageArchive> {
  return { name, id: await readFile(join(entry, 'id'), 'utf8'), file: join(entry, 'image.tar') };
}
