/** Volumes of members, and how they get lost. */
import {
  PersistentVolumeClaims,
  Pods,
  type KubeApi,
  type ObjectKey,
} from '../../../operator/src/kube/mod.ts';
import { diagnose } from './diagnose.ts';
import { waitFor, yes } from './wait.ts';

/** Returns once a new pod of that name runs, with an empty volume. */
export async function loseVolume(kube: KubeApi, pod: ObjectKey): Promise<void> {
  const uid = (await kube.get(Pods, pod))?.metadata.uid;
  // In use until the pod is gone, and gone with it.
  await kube.delete(PersistentVolumeClaims, { ...pod, name: `store-${pod.name}` });
  await kube.delete(Pods, pod);
  await waitFor({
    what: `another pod ${pod.name} to run`,
    deadlineMs: 180_000,
    look: async () => {
      const now = await kube.get(Pods, pod);
      const running = now?.status?.containerStatuses?.[0]?.state?.running !== undefined;
      return yes(now?.metadata.uid !== uid && running, now?.status?.phase ?? 'no such pod');
    },
    diagnose: () => diagnose(kube, pod.namespace),
  });
}
