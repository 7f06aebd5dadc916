/** One member's volume on a file system of limited size: local-path volumes are folders without any limit. */
import {
  PersistentVolumeClaims,
  Pods,
  type KubeApi,
  type KubeObject,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { isPodReady } from '../../e2e/harness/kube.ts';
import { onNode } from '../../e2e/harness/nodes.ts';
import { diagnose } from '../../e2e/harness/diagnose.ts';
import { waitFor, yes } from '../../e2e/harness/wait.ts';
import { CHAOS, LIMITED } from '../cluster.ts';
import { limitVolume, removeOldVolume, stateOfVolume } from '../../e2e/harness/node-scripts.ts';

type PersistentVolume = KubeObject & {
  readonly spec?: {
    readonly hostPath?: { readonly path?: string };
    readonly local?: { readonly path?: string };
  };
};

const PersistentVolumes: ResourceType<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};

export interface VolumePlace {
  readonly node: string;
  readonly folder: string;
}

const pod = { namespace: CHAOS.namespace, name: LIMITED.pod };

/**
 * Sees that the member's volume is limited, which costs the member its messages when it is not: it returns with an
 * empty volume and copies everything, as after the loss of a disk.
 */
export async function ensureLimited(kube: KubeApi, sizeBytes: number): Promise<VolumePlace> {
  const place = await placeOf(kube);
  const { node, folder } = place;
  const state = (await onNode(node, ['sh', '-c', stateOfVolume(folder)])).trim();
  if (state === 'limited') return place;
  const before = (await kube.get(Pods, pod))?.metadata.uid;
  if (state === 'plain') await onNode(node, ['sh', '-c', limitVolume(folder, sizeBytes)], 60_000);
  await kube.delete(Pods, pod);
  await waitFor({
    what: `${LIMITED.pod} to be back on its limited volume`,
    deadlineMs: 300_000,
    tolerate: true,
    look: async () => {
      const now = await kube.get(Pods, pod);
      return yes(now?.metadata.uid !== before && isPodReady(now), now?.status?.phase ?? 'absent');
    },
    diagnose: () => diagnose(kube, CHAOS.namespace),
  });
  await onNode(node, ['sh', '-c', removeOldVolume(folder)], 60_000);
  return place;
}

async function placeOf(kube: KubeApi): Promise<VolumePlace> {
  const claim = await kube.get(PersistentVolumeClaims, {
    namespace: CHAOS.namespace,
    name: `store-${LIMITED.pod}`,
  });
  const volume = await kube.get(PersistentVolumes, { namespace: '', name: claim?.spec?.volumeName ?? '' });
  const folder = volume?.spec?.hostPath?.path ?? volume?.spec?.local?.path;
  const node = (await kube.get(Pods, pod))?.spec?.nodeName;
  if (folder === undefined || node === undefined) {
    throw new Error(`the volume of ${LIMITED.pod} is no folder of a node`);
  }
  return { node, folder };
}
