/** When a group has got over the loss of a member: by its sends, and by what the controllers say. */
import { Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { brokerAddresses } from './broker-addresses.ts';
import { diagnose } from './diagnose.ts';
import { isPodReady } from './kube.ts';
import type { Prober } from './prober.ts';
import type { Streams } from './streams.ts';
import { clusterQuestion, memberPods, type Shape } from './topology.ts';
import { waitFor, waitOther, yes } from './wait.ts';

export interface Watched {
  readonly kube: KubeApi;
  readonly prober: Prober;
  readonly shape: Shape;
  readonly group: string;
}

/** The pod that is the group's master, as the controllers say. */
export async function masterPod({ kube, prober, shape, group }: Watched): Promise<string> {
  const { masterAddress = '' } = (await prober.cluster(clusterQuestion(shape))).groups[group] ?? {};
  return (await brokerAddresses(kube, shape)).podOf(masterAddress);
}

/**
 * @param notBy address of a broker whose acknowledgements are of before
 * @returns when the group first acknowledged a send after that moment, in epoch milliseconds
 */
export function waitAcknowledged(
  { kube, shape, group }: Watched,
  streams: Streams,
  afterMs: number,
  notBy?: string,
): Promise<number> {
  return waitFor({
    what: `${group} to acknowledge a send`,
    deadlineMs: 180_000,
    everyMs: 50,
    look: () => {
      const at = streams.firstAckAfter(group, afterMs, notBy);
      return at === undefined ? { pending: 'none' } : { done: at };
    },
    diagnose: () => diagnose(kube, shape.namespace),
  });
}

/** Waits for the election: until then the controllers count the one that ended as in sync. */
export async function waitOtherMaster(watched: Watched, than: string): Promise<void> {
  await waitOther({
    what: `another master than ${than}`,
    than,
    now: () => masterPod(watched),
    deadlineMs: 120_000,
    everyMs: 100,
    tolerate: true,
    diagnose: () => diagnose(watched.kube, watched.shape.namespace),
  });
}

/** @returns when every member of the group was seen in its sync-state set, in epoch milliseconds */
export async function waitInSync(
  { kube, prober, shape, group }: Watched,
  deadlineMs = 240_000,
): Promise<number> {
  const question = clusterQuestion(shape);
  await waitFor({
    what: `every member of ${group} in the sync-state set`,
    deadlineMs,
    everyMs: 200,
    tolerate: true,
    look: async () => {
      const { inSync = [] } = (await prober.cluster(question)).groups[group] ?? {};
      const { of } = await brokerAddresses(kube, shape);
      const missing = memberPods(shape, group).filter((pod) => !inSync.includes(of(pod)));
      return yes(missing.length === 0, `not in it: ${missing.join(', ')}`);
    },
    diagnose: () => diagnose(kube, shape.namespace),
  });
  return Date.now();
}

/** Deletes a pod and waits until another one of its name is Ready. */
export async function replacePod({ kube, shape: { namespace } }: Watched, name: string): Promise<void> {
  const uid = (await kube.get(Pods, { namespace, name }))?.metadata.uid;
  await kube.delete(Pods, { namespace, name });
  await waitFor({
    what: `another ${name}`,
    deadlineMs: 180_000,
    look: async () => {
      const pod = await kube.get(Pods, { namespace, name });
      return yes(pod?.metadata.uid !== uid && isPodReady(pod), pod?.status?.phase ?? 'no such pod');
    },
    diagnose: () => diagnose(kube, namespace),
  });
}
