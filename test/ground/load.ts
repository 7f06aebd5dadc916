import type { Context } from './context.ts';
import type { ImageArchive } from './image/archive.ts';
import { listWorkers } from './kind.ts';
import { run } from './run.ts';
import { fullImageName } from './versions.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * Prints `name id` for each of its arguments that the node's containerd has. A name may stand for an index, whose
 * manifest for this machine is the image; the digest of a manifest's configuration is the image's id.
 */
const LIST_SCRIPT = `
own=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
for name in "$@"; do
  digest=$(ctr -n k8s.io images ls "name==$name" | awk 'NR > 1 { print $3; exit }')
  [ -n "$digest" ] || continue
  inner=$(ctr -n k8s.io content get "$digest" | jq -r --arg own "$own" \\
    'first(.manifests[]? | select((.platform.architecture // $own) == $own) | .digest) // empty')
  echo "$name $(ctr -n k8s.io content get "\${inner:-$digest}" | jq -r .config.digest)"
done`;

/** Loads the images that a worker lacks, or has under the same name with other content. Returns their names. */
export async function loadImages(
  context: Context,
  env: Environment,
  cluster: string,
  images: readonly ImageArchive[],
): Promise<readonly string[]> {
  const nodes = await listWorkers(env, cluster);
  const present = new Map(
    await Promise.all(nodes.map(async (node) => [node, await imagesOn(env, node, images)] as const)),
  );
  const loaded: string[] = [];
  for (const image of images) {
    const lacking = nodes.filter((node) => present.get(node)?.get(fullImageName(image.name)) !== image.id);
    if (lacking.length === 0) continue;
    await context.progress.step(`loading ${image.name} into ${lacking.join(', ')}`, () =>
      run('kind', ['load', 'image-archive', image.file, '--name', cluster, '--nodes', lacking.join(',')], {
        env,
        signal: context.signal,
      }),
    );
    loaded.push(image.name);
  }
  return loaded;
}

async function imagesOn(
  env: Environment,
  node: string,
  images: readonly ImageArchive[],
): Promise<ReadonlyMap<string, string>> {
  const names = images.map((image) => fullImageName(image.name));
  const { stdout } = await run('docker', ['exec', node, 'sh', '-c', LIST_SCRIPT, 'sh', ...names], { env });
  return parseImageList(stdout);
}

/** Lines of `name id` as a map. */
export function parseImageList(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => line.trim().split(' '));
  return new Map(
    lines.flatMap(([name, id]) => (name !== undefined && id !== undefined ? [[name, id] as const] : [])),
  );
}
