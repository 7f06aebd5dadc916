import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ownPath, type Context } from '../context.ts';
import { fingerprint } from '../fingerprint.ts';
import { imageId, packImage, writeLayer, type Image, type ImageArchive } from '../image/archive.ts';
import { accountEntries, busyboxEntries, mergedUsrEntries } from '../image/base.ts';
import { libraryEntries } from '../image/closure.ts';
import type { TarEntry } from '../image/tar.ts';
import { treeEntries } from '../image/tree.ts';
import { imageNames } from '../versions.ts';
import { imageTree } from './debian.ts';
import { archiveIn } from './node-base.ts';

/** The user of the official image, which the chart's security context names. */
const USER = { name: 'postgres', id: 999, home: '/var/lib/postgresql' } as const;
const MAJOR = '15';
const LIBRARY = `usr/lib/postgresql/${MAJOR}`;
/** Left out with the libraries that only they need: just-in-time compilation (LLVM), SELinux labels, XSLT. */
const LEFT_OUT = /\/(llvmjit\.so|llvmjit_types\.bc|sepgsql\.so|pgxml\.so|bitcode|pgxs)(\/|$)/;

/** postgres:15 from Debian's package: `initdb`, `postgres` and `psql` on the PATH, and a shell. */
export async function postgresImage(context: Context): Promise<ImageArchive> {
  const tree = await imageTree(context);
  const entry = await context.cache.entry({
    name: 'image-postgres',
    title: `the image ${imageNames.postgres}`,
    madeOf: {
      tree: basename(tree),
      recipe: await fingerprint(ownPath('packages/postgres.ts'), ownPath('image')),
    },
    async build(folder) {
      const layer = await writeLayer(folder, 'postgres', await postgresEntries(tree));
      const image: Image = {
        name: imageNames.postgres,
        layers: [layer],
        config: {
          User: `${String(USER.id)}:${String(USER.id)}`,
          Env: [
            `PATH=/${LIBRARY}/bin:/usr/bin:/usr/sbin:/bin`,
            'LANG=C.UTF-8',
            `PGDATA=${USER.home}/data`,
            `HOME=${USER.home}`,
          ],
          Cmd: ['postgres'],
        },
      };
      await packImage(folder, image);
      await writeFile(join(folder, 'id'), imageId(image));
    },
  });
  return archiveIn(entry, imageNames.postgres);
}

async function postgresEntries(tree: string): Promise<TarEntry[]> {
  const programs = (await treeEntries(join(tree, LIBRARY), LIBRARY)).filter(
    ({ path }) => !LEFT_OUT.test(path),
  );
  const objects = programs.filter(
    ({ type, path }) => type === 'file' && (path.endsWith('.so') || path.includes('/bin/')),
  );
  const owner = { uid: USER.id, gid: USER.id };
  return [
    ...mergedUsrEntries(),
    ...accountEntries([USER]),
    ...(await busyboxEntries(tree)),
    ...(await libraryEntries(
      tree,
      objects.map(({ path }) => join(tree, path)),
    )),
    ...programs,
    ...(await treeEntries(join(tree, `usr/share/postgresql/${MAJOR}`), `usr/share/postgresql/${MAJOR}`)),
    ...(await treeEntries(join(tree, 'usr/share/zoneinfo'), 'usr/share/zoneinfo')),
    { type: 'directory', path: 'var/lib/postgresql', mode: 0o700, ...owner },
    { type: 'directory', path: 'var/lib/postgresql/data', mode: 0o700, ...owner },
    { type: 'directory', path: 'var/run/postgresql', mode: 0o1777, ...owner },
  ];
}
