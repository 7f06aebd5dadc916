/** One pass over one cluster: observe, decide, carry out, report. */
import { minInSyncReplicas, type RocketMQCluster, type RocketMQClusterStatus } from '../api/mod.ts';
import type { Pod } from '../kube/mod.ts';
import { absences, absenceTroubles, lostPods } from './absence.ts';
import { endpointsOf, identityOf } from './addresses.ts';
import { attendMembers, noMemory, type Attendant, type Attended, type MemberMemory } from './attend.ts';
import { HeirBehindError } from './bequeath.ts';
import { breakGlass, warnings } from './break-glass.ts';
import { applyChildren, reconcileVolumes, restartChosen, restartProxy, type Decisions } from './carry-out.ts';
import { childrenOf, type Children } from './children.ts';
import { configProblems } from './config/check.ts';
import type { ClusterControllerDeps } from './deps.ts';
import { handOverBeforeDrain, strandedMasters } from './departure.ts';
import { diagnose, type Diagnosis } from './diagnose.ts';
import { emergency, giveWay } from './emergency.ts';
import { maintenance } from './maintenance.ts';
import { claimsOf, markPods, type Executor, type Failure } from './execute.ts';
import { fencedAnnotation } from './labels.ts';
import { memberVersions, wantsVersions } from './member-versions.ts';
import { ask } from './observe.ts';
import { driftWarnings } from './drift.ts';
import { liveSettings, type LiveSettings } from './live-settings.ts';
import { isDeparting } from './nodes.ts';
import { obstacles } from './obstacles.ts';
import { desiredOf, keptRevision, targetOf, type Desired } from './plan.ts';
import { podMarks } from './pod-marks.ts';
import { podCondition, podRevision } from './pods.ts';
import { proxyPods, proxyView } from './proxies.ts';
import { pushSettings } from './push-settings.ts';
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
  /** Everything works, and nothing is left to do before a maintenance window opens. */
  readonly held?: { readonly opensAtMs?: number };
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
  const { gate, opensAtMs, problems: windows } = maintenance(spec, nowMs);
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
    targetOf: (workload, own) => targetOf(desired, workload, own),
    restartBeforeMs: asked.restartBeforeMs,
    isDeparting: (name) => {
      const node = deps.informers.nodes.store.get({ namespace: '', name });
      return node !== undefined && isDeparting(node);
    },
    nowMs,
  });
  const attendant: Attendant = { ...deps, cluster, signal, answers };
  const live = liveSettings(
    seen.members,
    answers.settings,
    (workload) => desired.targets.get(workload)?.revision,
    context.memory.settled,
  );
  const urgencies = emergency({
    asked,
    seen,
    minInSync: minInSyncReplicas(cluster.spec.brokers),
    claims: asked.rebuild === undefined ? [] : await claimsOf(attendant, [asked.rebuild.pod]),
  });
  const rollout = asked.paused
    ? pausedRollout(seen.members)
    : giveWay(decideRollout(seen.members, gate, handOverBeforeDrain(seen.members)), urgencies);
  const reasons = reasonsByPod(desired, seen);
  const proxy = proxyView(desired, children, asked.restartBeforeMs, gate);
  const absent = absences(seen.members, context.memory.absent, nowMs);
  const lost = lostPods(absent, nowMs);
  const decided = { desired, children, seen, rollout, reasons, proxy, lost, emergency: urgencies, nowMs };

  const changed = asked.paused ? nothingChanged : await change(context, attendant, decided, live);
  // Facts, not changes: services and budgets go by them.
  const failures = [...changed.failures, ...(await markPods(attendant, podMarks(seen.members, nowMs)))];
  const findings: Findings = {
    obstacles: [...delays(failures), ...obstacles(seen, proxy, live.pushes, gate)],
    diagnoses: await diagnoseAll(attendant, desired, children, seen),
    problems: [...settings, ...windows, ...changed.problems],
    troubles: [
      ...failures.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble])),
      ...changed.troubles,
      ...fencedTroubles(seen),
      ...absenceTroubles(seen.members, absent, children, nowMs),
    ],
    warnings: [
      ...warnings(cluster, nowMs),
      ...urgencies.warnings,
      ...strandedMasters(seen.groups).map((message) => ({ reason: 'DrainBlocked', message }) as const),
      ...driftWarnings(seen.members, answers.settings, (workload, revision) =>
        keptRevision(desired, workload, revision),
      ),
    ],
  };
  return passOf(context, {
    findings: asked.paused ? withPause(findings) : findings,
    decided,
    failures,
    opensAtMs,
    memory: { ...changed.memory, absent, settled: live.settled },
  });
}

function passOf(
  { cluster, domain }: Context,
  outcome: {
    readonly findings: Findings;
    readonly decided: Omit<Decisions, 'storage'>;
    readonly failures: readonly Failure[];
    readonly opensAtMs: number | undefined;
    readonly memory: MemberMemory;
  },
): Pass {
  const { findings, decided, failures, opensAtMs, memory } = outcome;
  const { desired, children, seen, rollout, reasons, nowMs } = decided;
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
    memory,
    ...(isHeld(findings) ? { held: opensAtMs === undefined ? {} : { opensAtMs } } : {}),
  };
}

interface Changed extends Attended {
  readonly problems: Findings['problems'];
}

const nothingChanged: Changed = { failures: [], troubles: [], problems: [], memory: noMemory };

async function change(
  context: Context,
  attendant: Attendant,
  decided: Omit<Decisions, 'storage'>,
  live: LiveSettings,
): Promise<Changed> {
  const volumes = await reconcileVolumes(attendant, decided.desired, decided.children);
  const decisions = { ...decided, storage: volumes.storage };
  const members = await attendMembers(attendant, decisions, context.memory);
  const failures = [
    ...members.failures,
    ...(await pushSettings(attendant, live.pushes)),
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
function withPause(findings: Findings): Findings {
  const left = findings.obstacles.filter(({ unknown }) => unknown !== true).map(({ message }) => message);
  if (left.length === 0) return findings;
  const message = `The cluster is paused, and this is left to do: ${left.join('; ')}`;
  return { ...findings, troubles: [...findings.troubles, { reason: 'Paused', message }] };
}

function fencedTroubles({ members }: ClusterSnapshot): Findings['troubles'] {
  return members
    .filter(({ fenced }) => fenced)
    .map(({ pod }) => ({
      reason: 'Fenced',
      message: `${pod} is kept down until the annotation ${fencedAnnotation} does not name it`,
    }));
}

function isHeld({ obstacles: found, troubles, diagnoses }: Findings): boolean {
  const nothingElse = found.every(({ reason }) => reason === 'WaitingForWindow');
  return found.length > 0 && nothingElse && troubles.length === 0 && diagnoses.length === 0;
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
