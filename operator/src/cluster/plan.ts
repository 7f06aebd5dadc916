/** From what is observed to what is to be done. Pure: the executor only carries it out. */
import type { RocketMQCluster } from '../api/mod.ts';
import { ownerReference, type StatefulSet } from '../kube/mod.ts';
import type { ClusterIdentity } from './addresses.ts';
import type { Children } from './children.ts';
import { isOlder, podPhase, podRevision } from './pods.ts';
import { restartReasons } from './restart-reasons.ts';
import {
  readRevision,
  renderRevision,
  secretPrefix,
  targetRevision,
  type Revision,
  type Target,
} from './revision.ts';
import { revisionAnnotation } from './labels.ts';
import type { Parent } from './resources/child.ts';
import type { SetWorkload, Workload, Workloads } from './workloads.ts';

export interface Desired {
  readonly id: ClusterIdentity;
  readonly parent: Parent;
  readonly operatorNamespace: string;
  readonly workloads: Workloads;
  /** By workload; a workload that has no valid revision at all is absent. */
  readonly targets: ReadonlyMap<string, Target>;
  /** By Secret name: every revision that can be read back. */
  readonly kept: ReadonlyMap<string, Revision>;
}

/** @param configValid without it no workload gets a new revision */
export function desiredOf(
  cluster: RocketMQCluster,
  children: Children,
  options: {
    readonly id: ClusterIdentity;
    readonly workloads: Workloads;
    readonly configValid: boolean;
    readonly guardImage: string | undefined;
    readonly operatorNamespace: string;
    /** Pods made before are asked to restart. */
    readonly restartBeforeMs: number | undefined;
  },
): Desired {
  const { id, workloads, guardImage, operatorNamespace } = options;
  const kept = new Map<string, Revision>();
  const targets = new Map<string, Target>();
  for (const workload of [...workloads.sets, workloads.proxy]) {
    const own = [...children.secrets.values()].flatMap((secret) => {
      const revision = readRevision(workload.name, secret);
      return revision === undefined ? [] : [{ revision, createdAt: secret.metadata.creationTimestamp ?? '' }];
    });
    for (const { revision } of own) kept.set(revision.secretName, revision);
    const target = targetRevision({
      rendered: options.configValid
        ? renderRevision(id, workload.name, workload.inputs, guardImage)
        : undefined,
      kept: own,
      running: runningRevisions(workload, children),
      restarting: isDown(workload, children) || isRequested(workload, children, options.restartBeforeMs),
    });
    if (target !== undefined) targets.set(workload.name, target);
  }
  return { id, parent: { id, owner: ownerReference(cluster) }, operatorNamespace, workloads, targets, kept };
}

/** The revision that the workload's own template names. */
export function templateRevision(
  object: { readonly spec?: Pick<NonNullable<StatefulSet['spec']>, 'template'> } | undefined,
): string | undefined {
  return object?.spec?.template.metadata?.annotations?.[revisionAnnotation];
}

/** Its template's, and those of its pods: a template goes back while a revision is tried, or may have been deleted. */
export function runningRevisions(workload: Workload, children: Children): readonly string[] {
  const found =
    workload.component === 'proxy'
      ? [templateRevision(children.deployments.get(workload.name))]
      : [
          templateRevision(children.statefulSets.get(workload.name)),
          ...workload.pods.map(({ pod }) => podRevision(children.pods.get(pod))),
        ];
  return found.filter((hash) => hash !== undefined);
}

function isDown(workload: Workload, children: Children): boolean {
  return (
    workload.component !== 'proxy' &&
    workload.pods.every(({ pod }) => children.pods.has(pod) && podPhase(children.pods.get(pod)) === 'Down')
  );
}

/** Proxies are rolled by Kubernetes as soon as their template changes, so that theirs waits for a change of the spec. */
function isRequested(workload: Workload, children: Children, restartBeforeMs: number | undefined): boolean {
  return (
    workload.component !== 'proxy' &&
    workload.pods.some(({ pod }) => isOlder(children.pods.get(pod), restartBeforeMs))
  );
}

/**
 * The revision that a StatefulSet's template should have now. It is the target only while somebody restarts to get it,
 * or once everybody has it: an eviction meanwhile brings a member back as it was. But a pod that is not made again may
 * not be possible as it was. What needs no restart has no turn: a pod that comes back for whatever reason has the new
 * live settings in its file.
 *
 * @param restarting pods that were chosen to restart
 * @param lost pods that have been missing for long
 */
export function revisionToWrite(
  set: SetWorkload,
  children: Children,
  desired: Desired,
  restarting: ReadonlySet<string>,
  lost: ReadonlySet<string>,
): Revision | undefined {
  const target = desired.targets.get(set.name)?.revision;
  const current = templateRevision(children.statefulSets.get(set.name));
  if (target === undefined || current === undefined) return target;
  const isGood = (hash: string): boolean => hash === target.hash || needsNoRestart(desired, set.name, hash);
  const pods = set.pods.map(({ pod }) => children.pods.get(pod));
  const old = pods.map((pod) => podRevision(pod)).find((hash) => hash !== undefined && !isGood(hash));
  if (set.pods.some(({ pod }) => restarting.has(pod)) || set.pods.every(({ pod }) => lost.has(pod))) {
    return target;
  }
  if (!isGood(current)) {
    const everybody = old === undefined && pods.every((pod) => pod !== undefined);
    return everybody ? target : (keptRevision(desired, set.name, current) ?? target);
  }
  const onTheWay = pods.some((pod) => ['Missing', 'Terminating'].includes(podPhase(pod)));
  if (old === undefined || onTheWay) return target;
  return keptRevision(desired, set.name, old) ?? target;
}

/** A pod of that revision is as good as one of the target: they differ by live settings alone. */
function needsNoRestart(desired: Desired, workload: string, hash: string): boolean {
  const target = desired.targets.get(workload)?.revision;
  const own = keptRevision(desired, workload, hash);
  return target !== undefined && own !== undefined && restartReasons(own, target).length === 0;
}

/** Hash of the revision that a pod should be made from: its own, when it needs no restart. */
export function targetOf(desired: Desired, workload: string, own: string | undefined): string | undefined {
  const target = desired.targets.get(workload)?.revision.hash;
  if (own === undefined || own === target) return target;
  return needsNoRestart(desired, workload, own) ? own : target;
}

/** The revision that a pod of this workload was made from, while its Secret exists. */
export function keptRevision(desired: Desired, workload: string, hash: string): Revision | undefined {
  return desired.kept.get(`${secretPrefix(workload)}${hash}`);
}

/**
 * Proxies end when no broker answers at their start, so they are created last: when every group has a master. A
 * group that never gets one must not keep the others from being used for ever.
 */
export function proxyMayStart(options: {
  readonly exists: boolean;
  readonly groupsWithMaster: number;
  readonly groups: number;
  readonly ageMs: number;
}): boolean {
  const { exists, groups, groupsWithMaster, ageMs } = options;
  return exists || groupsWithMaster === groups || (groupsWithMaster > 0 && ageMs > proxyPatienceMs);
}

const proxyPatienceMs = 180_000;

/** Names of configuration Secrets that nothing refers to any more. */
export function unreferencedSecrets(
  desired: Desired,
  children: Children,
  written: readonly Revision[],
): readonly string[] {
  const used = new Set<string>(written.map(({ secretName }) => secretName));
  for (const { revision } of desired.targets.values()) used.add(revision.secretName);
  const mounts = [
    ...[...children.statefulSets.values(), ...children.deployments.values()].map(
      (set) => set.spec?.template.spec,
    ),
    ...[...children.pods.values()].map((pod) => pod.spec),
  ];
  for (const spec of mounts) {
    for (const volume of spec?.volumes ?? []) {
      if (volume.secret?.secretName !== undefined) used.add(volume.secret.secretName);
    }
  }
  return [...desired.kept.keys()].filter((name) => !used.has(name));
}
