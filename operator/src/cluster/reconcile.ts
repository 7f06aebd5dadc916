/** One pass over one cluster: observe, decide, carry out, report. */
import type { RocketMQCluster, RocketMQClusterStatus } from '../api/mod.ts';
import {
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Secrets,
  StatefulSets,
  type Pod,
} from '../kube/mod.ts';
import { endpointsOf } from './addresses.ts';
import { childrenOf, type Children } from './children.ts';
import { configProblems } from './config/check.ts';
import type { ConfigProblem } from './config/key-table.ts';
import type { ClusterControllerDeps } from './deps.ts';
import { diagnose, type Diagnosis } from './diagnose.ts';
import {
  applyStages,
  claimsOf,
  markPods,
  remove,
  restartPod,
  type Executor,
  type Failure,
} from './execute.ts';
import { intents } from './intents.ts';
import { componentLabels } from './labels.ts';
import { obstacles } from './obstacles.ts';
import { ask } from './observe.ts';
import { desiredOf, proxyMayStart, templateRevision, unreferencedSecrets, type Desired } from './plan.ts';
import { podMarks } from './pod-marks.ts';
import { podCondition, podRevision } from './pods.ts';
import type { Storage } from './resources/stateful-sets.ts';
import { disruptionBudgets } from './resources/disruption-budgets.ts';
import { decideRollout, isOutdated, type Rollout } from './rollout.ts';
import { clusterStatus } from './status.ts';
import { decideStorage } from './storage.ts';
import { questions, snapshot, type ClusterSnapshot } from './view.ts';

export interface Pass {
  readonly status: RocketMQClusterStatus;
  readonly ready: boolean;
  /** Nothing is known to be wrong; it is only that somebody did not answer. */
  readonly unknownOnly: boolean;
  readonly reason: string;
  readonly message: string;
  readonly failure: Failure | undefined;
}

interface Context {
  readonly cluster: RocketMQCluster;
  readonly key: string;
  readonly domain: string;
  readonly deps: ClusterControllerDeps;
  readonly signal: AbortSignal;
}

const askTimeoutMs = 3_000;

export async function reconcileCluster(context: Context): Promise<Pass> {
  const { cluster, deps, signal, domain } = context;
  const nowMs = deps.clock.now();
  const executor: Executor = { ...deps, cluster, signal };
  const children = childrenOf(cluster, deps.informers, context.key);
  const settings = configProblems(cluster.spec);
  const desired = desiredOf(cluster, children, { configValid: settings.length === 0, domain });

  const versions = cluster.status?.version !== cluster.spec.version;
  const answers = await ask(deps.rocketmq, questions(desired.workloads, children, versions), {
    signal,
    timeoutMs: askTimeoutMs,
  });
  const targets = new Map([...desired.targets].map(([name, { revision }]) => [name, revision.hash]));
  const seen = snapshot({ id: desired.id, workloads: desired.workloads, children, answers, targets, nowMs });
  const rollout = decideRollout(seen.members);
  const volumes = await reconcileVolumes(executor, desired, children);
  const problems = [...settings, ...volumes.problems];

  const failures = [
    ...(await apply(context, executor, { desired, children, seen, rollout, storage: volumes.storage })),
    ...(await restart(executor, desired, children, seen, rollout)),
    ...(await markPods(executor, podMarks(seen.members, nowMs))),
  ];
  const diagnoses = await diagnoseAll(executor, desired, children, seen);
  const proxy = desired.workloads.proxy;
  const found = obstacles(seen, {
    name: proxy.name,
    replicas: proxy.replicas,
    deployment: children.deployments.get(proxy.name),
  });
  const findings = {
    obstacles: found,
    diagnoses,
    problems,
    troubles: failures.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble])),
  };
  const [stall] = [...findings.troubles, ...diagnoses, ...problems];
  const cause = stall ?? found[0];
  return {
    status: clusterStatus({
      cluster,
      endpoints: endpointsOf(cluster, domain),
      snapshot: seen,
      findings,
      rollout,
      operatorUpgrade: operatorUpgrades(desired, children),
      nowMs,
    }),
    ready: cause === undefined,
    unknownOnly: stall === undefined && found.length > 0 && found.every(({ unknown }) => unknown === true),
    reason: cause?.reason ?? 'Reconciled',
    message: cause?.message ?? '',
    failure: failures[0],
  };
}

interface Decisions {
  readonly desired: Desired;
  readonly children: Children;
  readonly seen: ClusterSnapshot;
  readonly rollout: Rollout;
  readonly storage: ReadonlyMap<string, Storage>;
}

async function apply(
  context: Context,
  executor: Executor,
  decisions: Decisions,
): Promise<readonly Failure[]> {
  const { cluster, deps } = context;
  const { desired, children, seen } = decisions;
  const created = Date.parse(cluster.metadata.creationTimestamp ?? '');
  const wanted = intents({
    spec: cluster.spec,
    desired,
    children,
    restarting: new Set(decisions.rollout.restarts.map(({ pod }) => pod)),
    storage: decisions.storage,
    proxyMayStart: proxyMayStart({
      exists: children.deployments.has(desired.workloads.proxy.name),
      groups: seen.groups.length,
      groupsWithMaster: seen.groups.filter((group) =>
        group.members.some(({ leads, healthy }) => leads === true && healthy === true),
      ).length,
      ageMs: Number.isNaN(created) ? 0 : deps.clock.now() - created,
    }),
  });
  const failures = await applyStages(executor, wanted.stages);
  // What still refers to a Secret is only known after everything was written.
  if (failures.length > 0) return failures;
  const budgets = new Set(
    disruptionBudgets(desired.parent, cluster.spec).map(({ metadata }) => metadata.name),
  );
  return attempt([
    ...unreferencedSecrets(desired, children, wanted.written).flatMap((name) => {
      const secret = children.secrets.get(name);
      return secret === undefined ? [] : [() => remove(executor, Secrets, secret)];
    }),
    ...[...children.disruptionBudgets.values()]
      .filter(({ metadata }) => !budgets.has(metadata.name))
      .map((budget) => () => remove(executor, PodDisruptionBudgets, budget)),
  ]);
}

async function attempt(actions: readonly (() => Promise<void>)[]): Promise<readonly Failure[]> {
  const results = await Promise.allSettled(actions.map((action) => action()));
  return results.flatMap((result) =>
    result.status === 'rejected' ? [{ error: result.reason as unknown }] : [],
  );
}

/** Stops the chosen pods, once the StatefulSet controller has seen the template that they shall come back with. */
function restart(
  executor: Executor,
  desired: Desired,
  children: Children,
  seen: ClusterSnapshot,
  rollout: Rollout,
): Promise<readonly Failure[]> {
  const chosen = rollout.restarts.flatMap(({ pod: name, reason }) => {
    const member = seen.members.find(({ pod }) => pod === name);
    const set = member && children.statefulSets.get(member.workload);
    const target = member && desired.targets.get(member.workload)?.revision.hash;
    const settled =
      templateRevision(set) === target && set?.status?.observedGeneration === set?.metadata.generation;
    return member?.object === undefined || set === undefined || !settled
      ? []
      : [{ pod: member.object, reason }];
  });
  return attempt(
    chosen.map(
      ({ pod, reason }) =>
        () =>
          restartPod(executor, pod, restartNotes[reason]),
    ),
  );
}

const restartNotes = {
  Down: 'it was down, and its configuration changed',
  NotReady: 'it took no part, and its configuration changed',
  Changed: 'its configuration changed',
} as const;

async function reconcileVolumes(
  executor: Executor,
  desired: Desired,
  children: Children,
): Promise<{ readonly storage: ReadonlyMap<string, Storage>; readonly problems: readonly ConfigProblem[] }> {
  const storage = new Map<string, Storage>();
  const problems: ConfigProblem[] = [];
  for (const set of desired.workloads.sets) {
    if (set.component === 'nameserver') continue;
    const existing = children.statefulSets.get(set.name);
    const first = decideStorage(set, existing, undefined);
    const unchanged = first.kind === 'Keep' && first.storage === set.storage;
    const decision = unchanged
      ? first
      : decideStorage(
          set,
          existing,
          await claimsOf(
            executor,
            set.pods.map(({ pod }) => pod),
          ),
        );
    if (decision.kind !== 'Replace') {
      storage.set(set.name, decision.storage);
      if (decision.kind === 'Refuse') problems.push(decision.problem);
      continue;
    }
    if (existing !== undefined) await remove(executor, StatefulSets, existing);
    for (const claim of decision.claims) await remove(executor, PersistentVolumeClaims, claim);
  }
  return { storage, problems };
}

/** Only pods of the revision that they should have: the others are about to be replaced. */
async function diagnoseAll(
  executor: Executor,
  desired: Desired,
  children: Children,
  seen: ClusterSnapshot,
): Promise<readonly Diagnosis[]> {
  const proxy = desired.targets.get(desired.workloads.proxy.name)?.revision.hash;
  const proxyLabel = componentLabels(desired.id, 'proxy')['app.kubernetes.io/component'];
  const proxies = [...children.pods.values()].filter(
    (pod) =>
      pod.metadata.labels?.['app.kubernetes.io/component'] === proxyLabel && podRevision(pod) === proxy,
  );
  const patients: readonly {
    readonly pod: Pod;
    readonly component: Parameters<typeof diagnose>[0]['component'];
  }[] = [
    ...seen.members.flatMap((member) =>
      member.object === undefined || isOutdated(member) || member.phase === 'Terminating'
        ? []
        : [{ pod: member.object, component: member.component }],
    ),
    ...proxies.map((pod) => ({ pod, component: 'proxy' as const })),
  ];
  const found = await Promise.all(
    patients.map(async ({ pod, component }) => {
      const unscheduled = podCondition(pod, 'PodScheduled')?.status === 'False';
      const claims = unscheduled ? await claimsOf(executor, [pod.metadata.name]) : [];
      return diagnose({ component, pod, claims: claims ?? [] });
    }),
  );
  return found.filter((diagnosis) => diagnosis !== undefined);
}

function operatorUpgrades(desired: Desired, children: Children): readonly string[] {
  return desired.workloads.sets.flatMap((set) =>
    desired.targets.get(set.name)?.operatorUpgrade === true
      ? set.pods.map(({ pod }) => pod).filter((pod) => children.pods.has(pod))
      : [],
  );
}
