import { readdir, writeFile, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { ownPath, type Context } from '../context.ts';
import { fingerprint } from '../fingerprint.ts';
import { writeLayer, type Layer } from '../image/archive.ts';
import { accountEntries, busyboxEntries, mergedUsrEntries } from '../image/base.ts';
import { libraryEntries } from '../image/closure.ts';
import { treeEntries } from '../image/tree.ts';
import { words } from '../values.ts';
import { output, run } from '../run.ts';
import { imageTree } from './debian.ts';

/** The user of the official RocketMQ image. */
export const ROCKETMQ_USER = { name: 'rocketmq', id: 3000, home: '/home/rocketmq' } as const;

/** What RocketMQ's servers, jRaft and the tools reach; java.desktop only for its java.beans. */
const MODULES = words(`
  java.base java.compiler java.desktop java.instrument java.logging java.management
  java.management.rmi java.naming java.net.http java.security.jgss java.security.sasl java.sql
  java.xml jdk.crypto.ec jdk.httpserver jdk.jcmd jdk.jfr jdk.management jdk.management.agent
  jdk.naming.dns jdk.unsupported jdk.zipfs
`);

/** Parts of java.desktop that draw or play: they need X11, fonts and sound, and no server ever loads them. */
const DESKTOP =
  /^lib(awt.*|fontmanager|freetype|javajpeg|jawt|jsound|lcms|mlib_image|splashscreen|j2pcsc)\.so$/;

/** The layer below RocketMQ: a small Java 17 with the libraries that it and the native parts of the jars need. */
export async function javaBase(context: Context): Promise<Layer> {
  const tree = await imageTree(context);
  const jdk = dirname(dirname(realpathSync(await output('sh', ['-c', 'command -v jlink']))));
  const entry = await context.cache.entry({
    name: 'java-base',
    title: 'a Java runtime for RocketMQ (jlink)',
    madeOf: {
      java: (await readFile(join(jdk, 'release'), 'utf8')).trim(),
      tree: basename(tree),
      recipe: await fingerprint(ownPath('packages/java.ts'), ownPath('image')),
    },
    async build(folder, logFile) {
      const java = join(folder, 'java');
      const smaller = [
        '--strip-java-debug-attributes',
        '--no-header-files',
        '--no-man-pages',
        '--compress=0',
      ];
      await run('jlink', ['--add-modules', MODULES.join(','), ...smaller, '--output', java], { logFile });
      // The archive of preloaded classes halves a JVM's start, and there are many starts in a cluster of pods.
      await run(join(java, 'bin/java'), ['-Xshare:dump'], { logFile });
      const layer = await writeLayer(folder, 'base', [
        ...mergedUsrEntries(),
        ...accountEntries([ROCKETMQ_USER]),
        ...(await busyboxEntries(tree)),
        ...(await libraryEntries(
          tree,
          [...(await javaObjects(java)), ...jarLibraries(tree)],
          javaFolders(java),
        )),
        ...(await treeEntries(java, 'opt/java')),
      ]);
      await run('rm', ['-r', java]);
      await writeFile(join(folder, 'sha256'), layer.sha256);
    },
  });
  return { file: join(entry, 'base.tar'), sha256: await readFile(join(entry, 'sha256'), 'utf8') };
}

const javaFolders = (java: string): string[] => [join(java, 'lib'), join(java, 'lib/server')];

async function javaObjects(java: string): Promise<string[]> {
  const libraries = (await readdir(join(java, 'lib'))).filter(
    (name) => name.endsWith('.so') && !DESKTOP.test(name),
  );
  return [
    join(java, 'bin/java'),
    join(java, 'lib/server/libjvm.so'),
    ...libraries.map((name) => join(java, 'lib', name)),
  ];
}

/** What the native libraries inside the jars (RocksDB, netty's TLS and epoll, zstd) link to beyond the C library. */
function jarLibraries(tree: string): string[] {
  const names = words(
    'libcrypt.so.1 libdl.so.2 libgcc_s.so.1 libm.so.6 libpthread.so.0 libresolv.so.2 librt.so.1 libstdc++.so.6',
  );
  return names.map((name) => join(tree, 'usr/lib/x86_64-linux-gnu', name));
}
