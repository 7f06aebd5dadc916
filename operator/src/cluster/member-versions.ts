/** Which version of RocketMQ each broker runs, as it says itself, or ran when it last said so. */
import type { RocketMQClusterStatus } from '../api/mod.ts';
import type { Answers } from './observe.ts';
import type { Workloads } from './workloads.ts';

/** By pod. A broker that is down still counts as what it ran: its volume was written by it. */
export function memberVersions(
  status: RocketMQClusterStatus | undefined,
  workloads: Workloads,
  answers: Answers,
): ReadonlyMap<string, string> {
  const recorded = recordedVersions(status);
  const brokers = workloads.sets.flatMap((set) => (set.component === 'broker' ? set.pods : []));
  return new Map(
    brokers.flatMap(({ pod, address }) => {
      const word = answers.brokers.get(address);
      const said = word?.known === true ? word.value.version : undefined;
      const version = said === undefined ? recorded.get(pod) : plainVersion(said);
      return version === undefined ? [] : [[pod, version] as const];
    }),
  );
}

/**
 * Whether there is something to ask: the cluster is on its way to another version, or of some broker it is not known
 * what it runs.
 */
export function wantsVersions(
  status: RocketMQClusterStatus | undefined,
  wanted: string,
  workloads: Workloads,
): boolean {
  const recorded = recordedVersions(status);
  return workloads.sets.some(
    (set) => set.component === 'broker' && set.pods.some(({ pod }) => recorded.get(pod) !== wanted),
  );
}

function recordedVersions(status: RocketMQClusterStatus | undefined): ReadonlyMap<string, string> {
  const members = (status?.groups ?? []).flatMap((group) => group.members);
  return new Map(
    members.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version] as const])),
  );
}

/** `V5_5_0` → `5.5.0` */
function plainVersion(said: string): string {
  return said.replace(/^V/, '').replaceAll('_', '.');
}
