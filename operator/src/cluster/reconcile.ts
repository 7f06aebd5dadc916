/** One pass over one cluster: observe, decide, carry out, report. */
import { minInSyncReplicas, type RocketMQCluster, type RocketMQClusterStatus } from '../api/mod.ts';
import { endpointsOf } from './addresses.ts';
import { attendMembers, noMemory, type Attended, type MemberMemory } from './attend.ts';
import type { Attendant } from './attendant.ts';
import { applyChildren, attempt, restartChosen, restartProxy, volumesOf } from './carry-out.ts';
import type { Children } from './children.ts';
import { decide, type Plan } from './decide.ts';
import type { ClusterControllerDeps, PassDeps } from './deps.ts';
import { diagnoseAll } from './diagnoses.ts';
import { stillShown } from './ending.ts';
import { markPods, type Failure } from './execute.ts';
import { innerCredentials } from './resources/credentials-secret.ts';
import { rotateCredentials } from './rotate.ts';
import { storeCredentials } from './store-credentials.ts';
import { failovers } from './failover.ts';
import { findingsOf, isHeld, verdictOf, type Verdict } from './findings.ts';
import { glanceOf, type Glance } from './glance.ts';
import { observe } from './observation.ts';
import type { Desired } from './plan.ts';
import { podMarks } from './pod-marks.ts';
import { podRevision } from './pods.ts';
import { pushSettings } from './push-settings.ts';
import { clusterStatus, type Findings } from './status.ts';
import { tellFailovers } from './tell-failovers.ts';
import { setPermissions, takeClosingsBack } from './write-permission.ts';

export interface Pass extends Verdict {
  readonly status: RocketMQClusterStatus;
  /** Everything works, and nothing is left to do before a maintenance window opens. */
  readonly held?: { readonly opensAtMs?: number };
  /** A group refuses sends: every second until the next pass counts. */
  readonly urgent: boolean;
  readonly failure: Failure | undefined;
  /** Undefined when there is nothing to compare with between passes. */
  readonly glance: Glance | undefined;
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

export async function reconcileCluster(context: Context): Promise<Pass> {
  const { cluster, signal, domain, key } = context;
  const credentials = innerCredentials(context.deps.informers.secrets.store, key);
  const deps: PassDeps = { ...context.deps, rocketmq: context.deps.rocketmq.as(credentials) };
  const observation = await observe({ ...context, deps });
  const { children, answers, desired, seen, asked, nowMs } = observation;
  const plan = decide(observation, context.memory);
  const attendant = { ...deps, cluster, signal, answers, ending: new Set<string>() };
  const elections = failovers(seen.groups, context.memory.watched, context.memory.handedOver, nowMs);
  tellFailovers({ ...deps, cluster }, elections.found);
  const carryOut = asked.paused ? changeNothing : change;
  const changed = await carryOut(attendant, plan, context.memory);
  const { access, rotation, rotationSecrets } = observation;
  const rotator = { ...attendant, signing: context.deps.rocketmq };
  const rotated = asked.paused
    ? { failures: [], waitsFor: [] }
    : await rotateCredentials(rotator, rotation, rotationSecrets, desired, seen);
  const storing =
    access.kind === 'Missing' && !asked.paused
      ? await storeCredentials(attendant, desired.parent, access.known)
      : [];
  // Facts, not changes: services and budgets go by them.
  const failures = [
    ...storing,
    ...rotated.failures,
    ...changed.failures,
    ...(await markPods(attendant, podMarks(seen.members, nowMs))),
  ];
  for (const { error } of failures.slice(1)) {
    deps.log.warn({ err: error, cluster: key }, 'another step of the same pass failed');
  }
  const diagnoses = await diagnoseAll(attendant, desired, children, seen);
  const findings = findingsOf(observation, plan, {
    ...changed,
    failures,
    diagnoses,
    rotationWaitsFor: rotated.waitsFor,
  });
  const { windows, rollout, reasons, absent, stuck, live } = plan;
  const opening = windows.opensAtMs === undefined ? {} : { opensAtMs: windows.opensAtMs };
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
    glance: glanceOf(answers),
    memory: {
      ...changed.memory,
      absent,
      stuck,
      settled: live.settled,
      watched: elections.watched,
      ending: new Set([...stillShown(children, context.memory.ending), ...attendant.ending]),
    },
    ...(isHeld(findings) ? { held: opening } : {}),
  };
}

interface Changed extends Attended {
  readonly problems: Findings['problems'];
}

/** What was handed over before the pause is no failover because of it. What is wrong with the spec is wrong meanwhile, too. */
async function changeNothing(
  attendant: Attendant,
  plan: Plan,
  { handedOver }: MemberMemory,
): Promise<Changed> {
  const { problems } = await volumesOf(attendant, plan.desired, plan.children);
  const failures = await takeClosingsBack(attendant, plan.seen.groups);
  return { failures, troubles: [], problems, memory: { ...noMemory, handedOver } };
}

async function change(attendant: Attendant, plan: Plan, memory: MemberMemory): Promise<Changed> {
  const permissions = await setPermissions(attendant, plan.seen.groups);
  const volumes = await volumesOf(attendant, plan.desired, plan.children);
  const replaced = await attempt(volumes.replaced);
  const decisions = { ...plan, storage: volumes.storage };
  const members = await attendMembers(attendant, decisions, memory);
  const failures = [
    ...permissions,
    ...replaced,
    ...members.failures,
    ...(await pushSettings(attendant, plan.live.pushes)),
    ...(await applyChildren(attendant, decisions)),
    ...(await restartChosen(attendant, decisions)),
    ...(await restartProxy(attendant, decisions)),
  ];
  return { ...members, failures, problems: volumes.problems };
}

function operatorUpgrades(desired: Desired, children: Children): readonly string[] {
  return desired.workloads.sets.flatMap((set) => {
    const target = desired.targets.get(set.name);
    if (target?.operatorUpgrade !== true) return [];
    // Who runs an older revision waits for that one, and is told of as such.
    return set.pods
      .map(({ pod }) => pod)
      .filter((pod) => podRevision(children.pods.get(pod)) === target.revision.hash);
  });
}
