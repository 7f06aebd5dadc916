/** One pass over one cluster: observe, decide, carry out, report. */
import { minInSyncReplicas, type RocketMQCluster, type RocketMQClusterStatus } from '../api/mod.ts';
import type { Pod } from '../kube/mod.ts';
import { endpointsOf, identityOf } from './addresses.ts';
import { attendMembers, noMemory, type Attendant, type Attended, type MemberMemory } from './attend.ts';
import { HeirBehindError } from './bequeath.ts';
import { breakGlass, warnings } from './break-glass.ts';
import { applyChildren, reconcileVolumes, restartChosen, restartProxy, type Decisions } from './carry-out.ts';
import { childrenOf, type Children } from './children.ts';
import { configProblems } from './config/check.ts';
import type { ClusterControllerDeps } from './deps.ts';
import { diagnose, type Diagnosis } from './diagnose.ts';
import { claimsOf, markPods, type Executor, type Failure } from './execute.ts';
import { memberVersions, wantsVersions } from './member-versions.ts';
import { ask } from './observe.ts';
import { obstacles } from './obstacles.ts';
import { desiredOf, keptRevision, type Desired } from './plan.ts';
import { podMarks } from './pod-marks.ts';
import { podCondition, podRevision } from './pods.ts';
import { proxyPods, proxyView } from './proxies.ts';
import { requested, restartReasons, type RestartReason } from './restart-reasons.ts';
import { decideRollout, isOutdated, pausedRollout } from './rollout.ts';
import { clusterStatus, type Findings } from './status.ts';
import { versionProblems } from './versions.ts';
import { questions, snapshot, type ClusterSnapshot } from './view.ts';
import { workloadsOf } from './workloads.ts';

export interface Pass {
  readonly status: RocketMQClusterStatus;
  readonly ready: boolean;
  /** Nothing is known to be wrong; it is only that somebody did not answer. */
  readonly unknownOnly: boolean;
  /** A group refuses sends: every second until the next pass counts. */
  readonly urgent: boolean;
  readonly reason: string;
  readonly message: string;
  readonly failure: Failure | undefined;
  /** For the next pass. */
  readonly memory: MemberMemory;
}

interface Context {
  readonly cluster: RocketMQCluster;
  readonly key: string;
  readonly domain: string;
  readonly deps: ClusterControllerDeps;
  readonly signal: AbortSignal;
  /** From the pass before. */
  readonly memory: MemberMemory;
}

const askTimeoutMs = 3_000;

export async function reconcileCluster(context: Context): Promise<Pass> {
  const { cluster, deps, signal, domain } = context;
  const { spec, status } = cluster;
  const nowMs = deps.clock.now();
  const children = childrenOf(cluster, deps.informers, context.key);
  const id = identityOf(cluster, domain);
  const workloads = workloadsOf(id, spec);
  const asked = breakGlass(cluster, nowMs);
  const targets = questions(workloads, children, wantsVersions(status, spec.version, workloads));
  const answers = await ask(deps.rocketmq, targets, { signal, timeoutMs: askTimeoutMs });
  const versions = memberVersions(status, workloads, answers);
  const settings = [...configProblems(spec), ...versionProblems(versions.values(), spec.version)];
  const desired = desiredOf(cluster, children, { id, workloads, configValid: settings.length === 0 });
  const seen = snapshot({
    id,
    workloads,
    children,
    answers,
    versions,
    targets: hashes(desired),
    restartBeforeMs: asked.restartBeforeMs,
    nowMs,
  });
  const attendant: Attendant = { ...deps, cluster, signal, answers };
  const rollout = asked.paused ? pausedRollout(seen.members) : decideRollout(seen.members);
  const reasons = reasonsByPod(desired, seen);
  const proxy = proxyView(desired, children, asked.restartBeforeMs);
  const decided = { desired, children, seen, rollout, reasons, proxy, nowMs };

  const changed = asked.paused ? nothingChanged : await change(context, attendant, decided);
  // Facts, not changes: services and budgets go by them.
  const failures = [...changed.failures, ...(await markPods(attendant, podMarks(seen.members, nowMs)))];
  const found = [...delays(failures), ...obstacles(seen, proxy)];
  const findings: Findings = {
    obstacles: found,
    diagnoses: await diagnoseAll(attendant, desired, children, seen),
    problems: [...settings, ...changed.problems],
    troubles: [
      ...failures.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble])),
      ...changed.troubles,
      ...(asked.paused ? pausedTroubles(found) : []),
    ],
    warnings: warnings(cluster, nowMs),
  };
  return {
    ...verdictOf(findings),
    status: clusterStatus({
      cluster,
      endpoints: endpointsOf(cluster, domain),
      snapshot: seen,
      findings,
      rollout,
      reasons,
      operatorUpgrade: operatorUpgrades(desired, children),
      nowMs,
    }),
    urgent: seen.groups.some(({ facts }) => (facts.inSync ?? 0) < minInSyncReplicas(cluster.spec.brokers)),
    failure: failures[0],
    memory: changed.memory,
  };
}

function hashes({ targets }: Desired): ReadonlyMap<string, string> {
  return new Map([...targets].map(([name, { revision }]) => [name, revision.hash]));
}

interface Changed extends Attended {
  readonly problems: Findings['problems'];
}

const nothingChanged: Changed = { failures: [], troubles: [], problems: [], memory: noMemory };

async function change(
  context: Context,
  attendant: Attendant,
  decided: Omit<Decisions, 'storage'>,
): Promise<Changed> {
  const volumes = await reconcileVolumes(attendant, decided.desired, decided.children);
  const decisions = { ...decided, storage: volumes.storage };
  const members = await attendMembers(attendant, decisions, context.memory);
  const failures = [
    ...members.failures,
    ...(await applyChildren(attendant, decisions)),
    ...(await restartChosen(attendant, decisions)),
    ...(await restartProxy(attendant, decisions)),
  ];
  return { ...members, failures, problems: volumes.problems };
}

/** A hand-over that could not begin: it is tried again, and nothing else waits for it. */
function delays(failures: readonly Failure[]): Findings['obstacles'] {
  return failures.flatMap(({ error }) =>
    error instanceof HeirBehindError ? [{ reason: 'HandOverWaits', message: error.message } as const] : [],
  );
}

/** Silence alone is nothing that the pause keeps from being mended. */
function pausedTroubles(found: Findings['obstacles']): Findings['troubles'] {
  const left = found.filter(({ unknown }) => unknown !== true).map(({ message }) => message);
  if (left.length === 0) return [];
  return [{ reason: 'Paused', message: `The cluster is paused, and this is left to do: ${left.join('; ')}` }];
}

function verdictOf(findings: Findings): Pick<Pass, 'ready' | 'unknownOnly' | 'reason' | 'message'> {
  const { obstacles: found } = findings;
  const [stall] = [...findings.troubles, ...findings.diagnoses, ...findings.problems];
  const cause = stall ?? found[0];
  return {
    ready: cause === undefined,
    unknownOnly: stall === undefined && found.length > 0 && found.every(({ unknown }) => unknown === true),
    reason: cause?.reason ?? 'Reconciled',
    message: cause?.message ?? '',
  };
}

/** Only pods of the revision that they should have: the others are about to be replaced. */
async function diagnoseAll(
  executor: Executor,
  desired: Desired,
  children: Children,
  seen: ClusterSnapshot,
): Promise<readonly Diagnosis[]> {
  const hash = desired.targets.get(desired.workloads.proxy.name)?.revision.hash;
  const proxies = proxyPods(desired.id, children).filter((pod) => podRevision(pod) === hash);
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

function reasonsByPod(
  desired: Desired,
  { members }: ClusterSnapshot,
): ReadonlyMap<string, readonly RestartReason[]> {
  return new Map(
    members.filter(isOutdated).flatMap(({ pod, workload, revision = '', requested: wanted }) => {
      const target = desired.targets.get(workload)?.revision;
      if (target === undefined) return [];
      const changes =
        revision === target.hash ? [] : restartReasons(keptRevision(desired, workload, revision), target);
      return [[pod, wanted ? [...changes, requested] : changes] as const];
    }),
  );
}

function operatorUpgrades(desired: Desired, children: Children): readonly string[] {
  return desired.workloads.sets.flatMap((set) =>
    desired.targets.get(set.name)?.operatorUpgrade === true
      ? set.pods.map(({ pod }) => pod).filter((pod) => children.pods.has(pod))
      : [],
  );
}
