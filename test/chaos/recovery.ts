/** When a cluster has got over a fault: by what everybody says, and for some seconds. */
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Nodes, Pods, type Pod } from '../../operator/src/kube/mod.ts';
import { instance } from '../e2e/harness/children.ts';
import { describeConditions } from '../e2e/harness/conditions.ts';
import { diagnose } from '../e2e/harness/diagnose.ts';
import { OPERATOR_NAMESPACE, operatorPods } from '../e2e/harness/install.ts';
import { isPodReady, isReady, listAll } from '../e2e/harness/kube.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { CHAOS } from './cluster.ts';
import { idOf, type Victim, type World } from './faults/world.ts';
import type { Progress } from '../traffic/probe/protocol.ts';
import { isFresh } from '../traffic/traffic.ts';

/** Right after a fault nobody has noticed it yet, and all say that all is well. */
const SETTLED_MS = 5_000;

/**
 * Waits until the cluster is Ready, every pod is, every group has all of its members in sync and has acknowledged a
 * message since `from`. Returns the moment from which this was so.
 * @throws Error with a diagnosis when it does not come to that
 */
export async function waitRecovered(
  world: World,
  from: number,
  replaced: readonly Victim[],
  deadlineMs: number,
): Promise<number> {
  let wellSince: number | undefined;
  return waitFor({
    what: 'the cluster to recover',
    deadlineMs,
    everyMs: 500,
    tolerate: true,
    look: async () => {
      const now = Date.now();
      const problem = await problemOf(world, from, replaced).catch((error: unknown) => {
        wellSince = undefined;
        throw error;
      });
      if (problem !== undefined) {
        wellSince = undefined;
        return { pending: problem };
      }
      wellSince ??= now;
      return now - wellSince >= SETTLED_MS ? { done: wellSince } : { pending: 'well, but only for a moment' };
    },
    diagnose: async () => {
      const texts = [CHAOS.namespace, OPERATOR_NAMESPACE].map((namespace) => diagnose(world.kube, namespace));
      return (await Promise.all(texts)).join('\n');
    },
  });
}

async function problemOf(
  { kube, traffic, workers }: World,
  from: number,
  replaced: readonly Victim[],
): Promise<string | undefined> {
  const seen = trafficProblem(await traffic.progress(), from, Date.now());
  if (seen !== undefined) return seen;
  const nodes = (await kube.list(Nodes)).items;
  const ready = nodes.filter(({ status }) =>
    status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
  );
  if (ready.length < workers.length + 1) return `${String(ready.length)} nodes are Ready`;
  const pods = [
    ...(await listAll(kube, Pods, CHAOS.namespace, instance(CHAOS.name))),
    ...(await operatorPods(kube)),
  ];
  const pod = podProblem(pods, replaced);
  if (pod !== undefined) return pod;
  const cluster = await kube.get(RocketMQClusters, CHAOS);
  return isReady(cluster) ? undefined : describeConditions(cluster);
}

const PODS = CHAOS.nameServers + CHAOS.controllers + CHAOS.proxies + CHAOS.groups.length * CHAOS.members + 1; // and the operator

export function podProblem(pods: readonly Pod[], replaced: readonly Victim[]): string | undefined {
  // A proxy that says good-bye to its clients is missed by nobody; a member's successor waits for it, and is counted.
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const old = staying.find((pod) => replaced.some(({ place }) => place.id === idOf(pod)));
  if (old !== undefined) return `${old.metadata.name} is still the one that was hit`;
  const waiting = staying.find((pod) => !isPodReady(pod));
  if (waiting !== undefined) return `${waiting.metadata.name} is not ready`;
  return staying.length === PODS ? undefined : `${String(staying.length)} of ${String(PODS)} pods`;
}

/** Controllers and producers themselves are asked: a status may be of before. */
export function trafficProblem(progress: Progress, from: number, now: number): string | undefined {
  if (!isFresh(progress, now)) return 'the probe says nothing';
  const { facts, askedAt = 0 } = progress;
  if (facts === undefined || askedAt < from) return 'the controllers were not asked since';
  for (const group of CHAOS.groups) {
    if ((progress.groups[group]?.lastAckAt ?? 0) < from) return `${group} has acknowledged nothing since`;
    const inSync = facts.groups[group]?.inSync.length ?? 0;
    if (inSync !== CHAOS.members) return `${String(inSync)} members of ${group} are in sync`;
  }
  return undefined;
}
