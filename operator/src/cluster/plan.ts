/** From what is observed to what is to be done. Pure: the executor only carries it out. */
import type { RocketMQCluster } from '../api/mod.ts';
import { ownerReference, type StatefulSet } from '../kube/mod.ts';
import type { ClusterIdentity } from './addresses.ts';
import type { Children } from './children.ts';
import { podPhase, podRevision } from './pods.ts';
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
  },
): Desired {
  const { id, workloads } = options;
  const kept = new Map<string, Revision>();
  const targets = new Map<string, Target>();
  for (const workload of [...workloads.sets, workloads.proxy]) {
    const own = [...children.secrets.values()].flatMap((secret) => {
      const revision = readRevision(workload.name, secret);
      return revision === undefined ? [] : [{ revision, createdAt: secret.metadata.creationTimestamp ?? '' }];
    });
    for (const { revision } of own) kept.set(revision.secretName, revision);
    const target = targetRevision({
      rendered: options.configValid ? renderRevision(id, workload.name, workload.inputs) : undefined,
      kept: own,
      running: runningRevision(workload, children),
      restarting: isDown(workload, children),
    });
    if (target !== undefined) targets.set(workload.name, target);
  }
  return { id, parent: { id, owner: ownerReference(cluster) }, workloads, targets, kept };
}

/** The revision that the workload's own template names. */
export function templateRevision(
  object: { readonly spec?: Pick<NonNullable<StatefulSet['spec']>, 'template'> } | undefined,
): string | undefined {
  return object?.spec?.template.metadata?.annotations?.[revisionAnnotation];
}

function runningRevision(workload: Workload, children: Children): string | undefined {
  if (workload.component === 'proxy') {
    return templateRevision(children.deployments.get(workload.name));
  }
  const [first] = workload.pods;
  return (
    templateRevision(children.statefulSets.get(workload.name)) ??
    // Its StatefulSet was deleted; the pod may still run.
    podRevision(first === undefined ? undefined : children.pods.get(first.pod))
  );
}

function isDown(workload: Workload, children: Children): boolean {
  return (
    workload.component !== 'proxy' &&
    workload.pods.every(({ pod }) => children.pods.has(pod) && podPhase(children.pods.get(pod)) === 'Down')
  );
}

/**
 * The revision that a StatefulSet's template should have now. A member that waits for its turn keeps what it has,
 * so that an eviction brings it back as it was.
 *
 * @param restarting pods that were chosen to restart
 */
export function revisionToWrite(
  set: SetWorkload,
  children: Children,
  desired: Desired,
  restarting: ReadonlySet<string>,
): Revision | undefined {
  const target = desired.targets.get(set.name)?.revision;
  const current = templateRevision(children.statefulSets.get(set.name));
  if (target === undefined || current === undefined || current === target.hash) return target;
  const turn = set.pods.some(
    ({ pod }) => restarting.has(pod) || podRevision(children.pods.get(pod)) === target.hash,
  );
  const idle = set.pods.every(({ pod }) => !children.pods.has(pod));
  if (turn || idle) return target;
  return keptRevision(desired, set.name, current) ?? target;
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
