/** Looks for what keeps the pods of a cluster from starting. */
import type { Pod } from '../kube/mod.ts';
import type { Children } from './children.ts';
import { diagnose, type Diagnosis } from './diagnose.ts';
import { claimsOf, type Executor } from './execute.ts';
import type { Desired } from './plan.ts';
import { podCondition, podRevision } from './pods.ts';
import { proxyPods } from './proxies.ts';
import { isOutdated } from './rollout.ts';
import type { ClusterSnapshot } from './view.ts';

/** Only pods of the revision that they should have: the others are about to be replaced. */
export async function diagnoseAll(
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
