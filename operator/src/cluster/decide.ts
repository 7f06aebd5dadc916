/** From one look at a cluster to what is to be done. Pure. */
import { minInSyncReplicas } from '../api/mod.ts';
import { absences, lostPods, type Absences } from './absence.ts';
import type { MemberMemory } from './attend.ts';
import type { Decisions } from './carry-out.ts';
import { handOverBeforeDrain, handOversOfStopping } from './departure.ts';
import { emergency, giveWay } from './emergency.ts';
import { liveSettings, type LiveSettings } from './live-settings.ts';
import { maintenance, type Maintenance } from './maintenance.ts';
import type { Observation } from './observation.ts';
import { keptRevision, type Desired } from './plan.ts';
import { proxyView } from './proxies.ts';
import { requested, restartReasons, type RestartReason } from './restart-reasons.ts';
import { decideRollout, isOutdated, pausedRollout } from './rollout.ts';
import { revivals, stuckProcesses, type StuckProcesses } from './stuck.ts';
import type { ClusterSnapshot } from './view.ts';

/** Everything but the storage, which is decided when the volumes have been read. */
export interface Plan extends Omit<Decisions, 'storage'> {
  readonly windows: Maintenance;
  readonly live: LiveSettings;
  readonly absent: Absences;
  readonly stuck: StuckProcesses;
}

/** @param memory from the pass before */
export function decide(observation: Observation, memory: MemberMemory): Plan {
  const { cluster, children, answers, desired, seen, asked, claims, nowMs } = observation;
  const windows = maintenance(cluster.spec, nowMs);
  const minInSync = minInSyncReplicas(cluster.spec.brokers);
  const urgencies = emergency({
    asked,
    seen,
    minInSync,
    claims,
  });
  const absent = absences(seen.members, memory.absent, nowMs);
  const stopping = asked.paused ? [] : handOversOfStopping(seen.members);
  const leaving = stopping[0] ?? handOverBeforeDrain(seen.members, memory.failedHandOver);
  const stuck = stuckProcesses(seen, answers, memory.stuck, nowMs);
  return {
    desired,
    children,
    seen,
    windows,
    rollout: asked.paused
      ? pausedRollout(seen.members)
      : giveWay(decideRollout(seen.members, windows.gate, leaving), urgencies, leaving),
    stopping,
    reasons: reasonsByPod(desired, seen),
    proxy: proxyView(desired, children, asked.restartBeforeMs, windows.gate, nowMs),
    emergency: urgencies,
    live: liveSettings(
      seen.members,
      answers.settings,
      (workload) => desired.targets.get(workload)?.revision,
      memory.settled,
    ),
    absent,
    lost: lostPods(absent, nowMs),
    stuck,
    revivals: revivals(seen, stuck, minInSync, nowMs),
    nowMs,
  };
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
