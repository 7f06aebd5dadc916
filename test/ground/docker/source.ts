import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundles } from '../bundles.ts';
import type { Context } from '../context.ts';
import { sha256 } from '../fingerprint.ts';
import type { ImageArchive } from '../image/archive.ts';
import { output, run } from '../run.ts';
import type { Source } from '../source.ts';
import { imageNames } from '../versions.ts';

const NODE_BASE = 'node:24-bookworm-slim';

const environment = () => Promise.resolve({ KIND_EXPERIMENTAL_PROVIDER: 'docker' });

/** A machine's own Docker daemon, the stock node image and public images. */
export function dockerSource(context: Context): Source {
  return {
    mode: 'docker',
    environment,
    toolFolder: () => Promise.resolve(undefined),
    async raise() {
      await run('docker', ['version', '--format', '{{.Server.Version}}']);
    },
    nodeSettings: () => Promise.resolve({}),
    // The daemon is the machine's; kind's network is empty now and kind makes it again when it needs it.
    async lower() {
      await run('docker', ['network', 'rm', 'kind'], { accept: [1] });
    },
    observe: environment,
    async foreignImages(rocketmq) {
      const archives: ImageArchive[] = [];
      for (const name of [...rocketmq.map(imageNames.rocketmq), imageNames.postgres]) {
        const present = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', name], {
          accept: [1],
        });
        if (present.code !== 0) {
          await context.progress.step(`docker pull ${name}`, () =>
            run('docker', ['pull', '--quiet', name], { signal: context.signal }),
          );
        }
        archives.push(await save(context, name));
      }
      return archives;
    },
    async nodeApplication(name, bundles) {
      await buildApplication(context, name, bundles);
      return save(context, name);
    },
  };
}

async function buildApplication(context: Context, name: string, bundles: Bundles): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-'));
  try {
    const files = Object.entries(bundles);
    await Promise.all(files.map(([file, text]) => writeFile(join(folder, file), text)));
    await writeFile(
      join(folder, 'Dockerfile'),
      `FROM ${NODE_BASE}
WORKDIR /app
COPY *.mjs /app/
ENV NODE_ENV=production
USER 1000:1000
ENTRYPOINT ["node", "/app/main.mjs"]
`,
    );
    await context.progress.step(`docker build ${name}`, () =>
      run('docker', ['build', '--quiet', '--tag', name, folder], { signal: context.signal }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The image as a file, so that both modes load the same way; kept until the daemon has another image of that name. */
async function save(context: Context, name: string): Promise<ImageArchive> {
  const format = '{{.Id}} {{.Os}}/{{.Architecture}}';
  const [daemonId = '', platform = ''] = (
    await output('docker', ['image', 'inspect', '--format', format, name])
  ).split(' ');
  const entry = await context.cache.entry({
    name: `saved-${name.replaceAll(/[^a-z0-9.]+/g, '-')}`,
    title: `docker save ${name}`,
    keep: 2,
    madeOf: { daemonId, platform },
    async build(folder) {
      const file = join(folder, 'image.tar');
      await saveTo(context, file, name, platform);
      await writeFile(join(folder, 'id'), await configDigest(file));
    },
  });
  return { name, id: await readFile(join(entry, 'id'), 'utf8'), file: join(entry, 'image.tar') };
}

/**
 * Of one platform: a daemon that keeps images in containerd saves the index of all of them, with the content of its own
 * alone, and `kind load` then fails for what is missing (kubernetes-sigs/kind#3795). A Docker older than 28 does not know
 * the flag, and has one platform only.
 */
async function saveTo(context: Context, file: string, name: string, platform: string): Promise<void> {
  const options = { signal: context.signal };
  try {
    await run('docker', ['save', '--platform', platform, '--output', file, name], options);
  } catch {
    context.signal.throwIfAborted();
    await run('docker', ['save', '--output', file, name], options);
  }
}

/** An image's id as containerd sees it: the digest of its configuration, whichever store the daemon keeps it in. */
async function configDigest(archive: string): Promise<string> {
  const manifest = await output('tar', ['-xOf', archive, 'manifest.json']);
  const images: readonly { Config: string }[] = JSON.parse(manifest);
  const [image] = images;
  if (image === undefined) throw new Error(`${archive} holds no image`);
  return `sha256:${sha256((await run('tar', ['-xOf', archive, image.Config])).stdout)}`;
}
