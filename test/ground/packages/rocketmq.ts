import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ownPath, type Context } from '../context.ts';
import { fingerprint } from '../fingerprint.ts';
import { imageId, packImage, writeLayer, type Image, type ImageArchive } from '../image/archive.ts';
import type { TarEntry } from '../image/tar.ts';
import { textEntry, treeEntries } from '../image/tree.ts';
import { run } from '../run.ts';
import { imageNames } from '../versions.ts';
import { hostEnvironment, hostPrograms } from './debian.ts';
import { javaBase, ROCKETMQ_USER } from './java.ts';
import { archiveIn } from './node-base.ts';

const POM = ownPath('packages', 'rocketmq.pom.xml');

/** Jars that hold nothing but the native code of other systems. */
const FOREIGN_JARS = /-(osx|windows|linux-aarch|linux-riscv)[\w-]*\.jar$|^netty-resolver-dns-native-macos/;

/** Native code of other systems inside jars that also hold ours: half of the whole folder. */
const FOREIGN_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  'rocketmq-rocksdb': [
    '*-musl.so',
    '*-linux32.so',
    '*-aarch64.so',
    '*-ppc64le.so',
    '*-s390x.so',
    '*.jnilib',
    '*.dll',
  ],
  'zstd-jni': ['darwin/*', 'win/*', 'freebsd/*', 'aix/*', ...otherLinux()],
};

function otherLinux(): string[] {
  const architectures = ['aarch64', 'arm', 'i386', 'loongarch64', 'mips64', 'ppc64', 'ppc64le', 's390x'];
  return architectures.map((architecture) => `linux/${architecture}/*`);
}

/** The programs of the official image's bin/ that a person calls, with the class each one starts. */
const PROGRAMS = {
  mqadmin: 'org.apache.rocketmq.tools.command.MQAdminStartup',
  mqnamesrv: 'org.apache.rocketmq.namesrv.NamesrvStartup',
  mqcontroller: 'org.apache.rocketmq.controller.ControllerStartup',
  mqbroker: 'org.apache.rocketmq.broker.BrokerStartup',
  mqproxy: 'org.apache.rocketmq.proxy.ProxyStartup',
} as const;

/** apache/rocketmq of these versions, from Maven Central, laid out as the official image is. */
export async function rocketmqImages(context: Context, wanted: readonly string[]): Promise<ImageArchive[]> {
  const images: ImageArchive[] = [];
  for (const version of wanted) images.push(await rocketmqImage(context, version));
  return images;
}

async function rocketmqImage(context: Context, version: string): Promise<ImageArchive> {
  const base = await javaBase(context);
  const name = imageNames.rocketmq(version);
  const entry = await context.cache.entry({
    name: `image-rocketmq-${version}`,
    title: `the image ${name}: jars from Maven Central`,
    madeOf: {
      version,
      base: basename(dirname(base.file)),
      recipe: await fingerprint(ownPath('packages/rocketmq.ts'), POM),
    },
    async build(folder, logFile) {
      const jars = join(folder, 'lib');
      await copyFile(POM, join(folder, 'pom.xml'));
      const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
      await run('mvn', ['--batch-mode', '--quiet', `-Drocketmq.version=${version}`, ...goal], {
        cwd: folder,
        logFile,
        signal: context.signal,
      });
      await removeForeignCode(context, jars);
      const image = await layOut(folder, name, version, base, jars);
      await packImage(folder, image);
      await writeFile(join(folder, 'id'), imageId(image));
      await Promise.all(['lib', 'pom.xml'].map((path) => rm(join(folder, path), { recursive: true })));
    },
  });
  return archiveIn(entry, name);
}

async function removeForeignCode(context: Context, jars: string): Promise<void> {
  const env = hostEnvironment(await hostPrograms(context));
  for (const jar of await readdir(jars)) {
    if (FOREIGN_JARS.test(jar)) await rm(join(jars, jar));
    const members = Object.entries(FOREIGN_MEMBERS).find(([prefix]) => jar.startsWith(prefix))?.[1];
    // 12 is zip's "nothing to do": a release without natives of that system.
    if (members !== undefined)
      await run('zip', ['-q', '-d', join(jars, jar), ...members], { env, accept: [12] });
  }
}

async function layOut(
  folder: string,
  name: string,
  version: string,
  base: Image['layers'][number],
  jars: string,
): Promise<Image> {
  const home = `home/rocketmq/rocketmq-${version}`;
  const owner = { uid: ROCKETMQ_USER.id, gid: ROCKETMQ_USER.id };
  const folders = [
    'home/rocketmq',
    'home/rocketmq/store',
    'home/rocketmq/logs',
    home,
    `${home}/bin`,
    `${home}/conf`,
    `${home}/lib`,
  ];
  const entries: TarEntry[] = [
    ...folders.map((path): TarEntry => ({ type: 'directory', path, ...owner })),
    ...Object.entries(PROGRAMS).map(([program, main]) =>
      textEntry(`${home}/bin/${program}`, startScript(main), 0o755),
    ),
    // Read by the proxy when it is given no file of its own.
    textEntry(`${home}/conf/rmq-proxy.json`, '{"rocketMQClusterName": "DefaultCluster"}\n'),
    ...(await treeEntries(jars, `${home}/lib`, owner)),
  ];
  return {
    name,
    layers: [base, await writeLayer(folder, 'rocketmq', entries)],
    config: {
      User: `${String(ROCKETMQ_USER.id)}:${String(ROCKETMQ_USER.id)}`,
      WorkingDir: `/${home}/bin`,
      Env: [
        `PATH=/${home}/bin:/opt/java/bin:/usr/bin:/bin`,
        'JAVA_HOME=/opt/java',
        `ROCKETMQ_HOME=/${home}`,
        `ROCKETMQ_VERSION=${version}`,
        'HOME=/home/rocketmq',
        'LANG=C.UTF-8',
      ],
      Cmd: ['mqnamesrv'],
    },
  };
}

function startScript(main: string): string {
  return `#!/bin/sh\nexec java -cp "$ROCKETMQ_HOME/conf:$ROCKETMQ_HOME/lib/*" ${main} "$@"\n`;
}
