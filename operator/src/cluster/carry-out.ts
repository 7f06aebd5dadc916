/** Carries out what was decided about the objects of a cluster in Kubernetes. */
import {
  NetworkPolicies,
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Secrets,
  StatefulSets,
  type KubeObject,
  type ResourceType,
} from '../kube/mod.ts';
import type { Children } from './children.ts';
import type { ConfigProblem } from './config/key-table.ts';
import type { Emergency } from './emergency.ts';
import { applyStages, claimsOf, remove, restartPod, type Executor, type Failure } from './execute.ts';
import { intents, type Intents } from './intents.ts';
import { proxyMayStart, templateRevision, unreferencedSecrets, type Desired } from './plan.ts';
import { proxyToRestart, type ProxyView } from './proxies.ts';
import type { Storage } from './resources/stateful-sets.ts';
import { describeReasons, requested, type RestartReason } from './restart-reasons.ts';
import { isFixedMaster, type HandOver, type Rollout } from './rollout.ts';
import type { Revival } from './stuck.ts';
import { decideStorage, sameStorage, storageOf } from './storage.ts';
import type { ClusterSnapshot } from './view.ts';

export interface Decisions {
  readonly desired: Desired;
  readonly children: Children;
  readonly seen: ClusterSnapshot;
  readonly rollout: Rollout;
  /** Of masters whose pods were deleted; the first of them may be the one of the rollout as well. */
  readonly stopping: readonly HandOver[];
  /** By pod, of those that run an older revision. */
  readonly reasons: ReadonlyMap<string, readonly RestartReason[]>;
  readonly proxy: ProxyView;
  readonly emergency: Emergency;
  readonly storage: ReadonlyMap<string, Storage>;
  /** Pods that have been missing for long. */
  readonly lost: ReadonlySet<string>;
  /** Members that are restarted because they will not take part again by themselves. */
  readonly revivals: readonly Revival[];
  readonly nowMs: number;
}

/** Every child object as it should be now, and away with what nothing refers to any more. */
export async function applyChildren(executor: Executor, decisions: Decisions): Promise<readonly Failure[]> {
  const { cluster } = executor;
  const { desired, children, seen, nowMs } = decisions;
  const created = Date.parse(cluster.metadata.creationTimestamp ?? '');
  const wanted = intents({
    spec: cluster.spec,
    desired,
    children,
    restarting: new Set(decisions.rollout.restarts.map(({ pod }) => pod)),
    lost: decisions.lost,
    storage: decisions.storage,
    fenced: decisions.emergency.fenced,
    proxyHeld: decisions.proxy.held,
    proxyMayStart: proxyMayStart({
      exists: children.deployments.has(desired.workloads.proxy.name),
      groups: seen.groups.length,
      groupsWithMaster: seen.groups.filter((group) =>
        group.members.some(({ leads, healthy }) => leads === true && healthy === true),
      ).length,
      ageMs: Number.isNaN(created) ? 0 : nowMs - created,
    }),
  });
  const failures = await applyStages(executor, wanted.stages);
  // What still refers to a Secret is only known after everything was written.
  if (failures.length > 0) return failures;
  return attempt([
    ...unreferencedSecrets(desired, children, wanted.written).flatMap((name) => {
      const secret = children.secrets.get(name);
      return secret === undefined ? [] : [() => remove(executor, Secrets, secret)];
    }),
    ...surplus(executor, PodDisruptionBudgets, children.disruptionBudgets, wanted),
    ...surplus(executor, NetworkPolicies, children.networkPolicies, wanted),
  ]);
}

/** Removes what there is and should not be. */
function surplus(
  executor: Executor,
  type: ResourceType,
  present: ReadonlyMap<string, KubeObject>,
  { stages }: Intents,
): readonly (() => Promise<void>)[] {
  const intended = stages.flat().filter((intent) => intent.type === type);
  const names = new Set(intended.map(({ object }) => object.metadata.name));
  return [...present.values()]
    .filter(({ metadata }) => !names.has(metadata.name))
    .map((object) => () => remove(executor, type, object));
}

export async function attempt(actions: readonly (() => Promise<void>)[]): Promise<readonly Failure[]> {
  const results = await Promise.allSettled(actions.map((action) => action()));
  return results.flatMap((result) =>
    result.status === 'rejected' ? [{ error: result.reason as unknown }] : [],
  );
}

/** Stops the chosen pods, once the StatefulSet controller has seen the template that they shall come back with. */
export function restartChosen(executor: Executor, decisions: Decisions): Promise<readonly Failure[]> {
  const { desired, children, seen, rollout, reasons } = decisions;
  const chosen = rollout.restarts.flatMap(({ pod: name, reason }) => {
    const member = seen.members.find(({ pod }) => pod === name);
    const set = member && children.statefulSets.get(member.workload);
    const target = member && desired.targets.get(member.workload)?.revision.hash;
    const settled =
      templateRevision(set) === target && set?.status?.observedGeneration === set?.metadata.generation;
    return member?.object === undefined || set === undefined || !settled
      ? []
      : [{ pod: member.object, reason, stops: isFixedMaster(member) ? stopsWrites : '' }];
  });
  return attempt(
    chosen.map(
      ({ pod, reason, stops }) =>
        () =>
          restartPod(
            executor,
            pod,
            `${restartNotes[reason]}${describeReasons(reasons.get(pod.metadata.name) ?? [])}${stops}`,
          ),
    ),
  );
}

const stopsWrites = '; its group takes no writes until it is back';
const restartNotes = { Down: 'it was down; ', NotReady: 'it took no part; ', Changed: '' } as const;

export async function restartProxy(
  executor: Executor,
  { proxy, nowMs }: Decisions,
): Promise<readonly Failure[]> {
  const pod = proxyToRestart(proxy, nowMs);
  return attempt(pod === undefined ? [] : [() => restartPod(executor, pod, describeReasons([requested]))]);
}

export interface Volumes {
  /** By workload; without those that are made anew, or wait. */
  readonly storage: ReadonlyMap<string, Storage>;
  readonly problems: readonly ConfigProblem[];
  /** StatefulSets and unbound claims that go, to come back as the spec asks. */
  readonly replaced: readonly (() => Promise<void>)[];
}

/** The storage of each workload as its volumes allow. Asks only where the spec differs, or there was none before. */
export async function volumesOf(executor: Executor, desired: Desired, children: Children): Promise<Volumes> {
  const storage = new Map<string, Storage>();
  const problems: ConfigProblem[] = [];
  const replaced: (() => Promise<void>)[] = [];
  for (const set of desired.workloads.sets) {
    if (set.component === 'nameserver') continue;
    const existing = children.statefulSets.get(set.name);
    const pods = set.pods.map(({ pod }) => pod);
    const current = storageOf(existing);
    const asks = current === undefined || !sameStorage(current, set.storage);
    const decision = decideStorage(set, existing, asks ? await claimsOf(executor, pods) : undefined);
    if (decision.kind === 'Wait') continue;
    if (decision.kind !== 'Replace') {
      storage.set(set.name, decision.storage);
      if (decision.kind === 'Refuse') problems.push(decision.problem);
      continue;
    }
    // The claims last: the next pass finds them unfit when one of them stays.
    replaced.push(async () => {
      if (existing !== undefined) await remove(executor, StatefulSets, existing);
      for (const claim of decision.claims) await remove(executor, PersistentVolumeClaims, claim);
    });
  }
  return { storage, problems, replaced };
}
