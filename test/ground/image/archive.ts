import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../fingerprint.ts';
import { writeTar, type TarEntry } from './tar.ts';
import { withParents } from './tree.ts';

/** A layer that lies on the disk as a tar file. */
export interface Layer {
  readonly file: string;
  readonly sha256: string;
}

/** What an image tells the runtime, in the words of the OCI image configuration. */
export interface ImageConfig {
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly StopSignal?: string;
}

export interface Image {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

/** An image in a docker-archive on the disk: `id` is what a runtime that has it calls it. */
export interface ImageArchive {
  readonly name: string;
  readonly id: string;
  readonly file: string;
}

const EPOCH = '1970-01-01T00:00:00Z';

export async function writeLayer(folder: string, name: string, entries: readonly TarEntry[]): Promise<Layer> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.tar`);
  return { file, sha256: (await writeTar(file, withParents(entries))).sha256 };
}

/** The configuration blob of an image; the SHA-256 of its bytes is the image's id. */
export function configBlob(image: Pick<Image, 'layers' | 'config'>): string {
  return JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: EPOCH,
    config: image.config,
    rootfs: { type: 'layers', diff_ids: image.layers.map((layer) => `sha256:${layer.sha256}`) },
    history: image.layers.map(() => ({ created: EPOCH, created_by: 'gantry ground' })),
  });
}

export function imageId(image: Pick<Image, 'layers' | 'config'>): string {
  return `sha256:${sha256(configBlob(image))}`;
}

/** Writes images in the format of `docker save`; a layer that several of them use is stored once. */
export async function writeArchive(file: string, images: readonly Image[]): Promise<void> {
  const blobs = images.map((image) => ({ image, config: configBlob(image) }));
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.sha256, layer.file]));
  const manifest = blobs.map(({ image, config }) => ({
    Config: `${sha256(config)}.json`,
    RepoTags: [image.name],
    Layers: image.layers.map((layer) => `${layer.sha256}.tar`),
  }));
  const layerEntries = [...layers].map(async ([digest, source]): Promise<TarEntry> => {
    return {
      type: 'file',
      path: `${digest}.tar`,
      content: { file: source, size: (await stat(source)).size },
    };
  });
  const entries: TarEntry[] = [
    ...blobs.map(({ config }): TarEntry => ({
      type: 'file',
      path: `${sha256(config)}.json`,
      content: Buffer.from(config),
    })),
    ...(await Promise.all(layerEntries)),
    { type: 'file', path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
  ];
  // Two images may differ in their name alone: their configuration is one blob.
  const once = new Map(entries.map((entry) => [entry.path, entry]));
  await writeTar(file, [...once.values()]);
}

/** Writes one image and removes its layer files that lie in `folder`. */
export async function packImage(folder: string, image: Image): Promise<void> {
  await writeArchive(join(folder, 'image.tar'), [image]);
  const own = image.layers.filter((layer) => layer.file.startsWith(`${folder}/`));
  await Promise.all(own.map((layer) => rm(layer.file)));
}
