/** Tells of elections that nobody planned: by events and by metrics. */
import type { RocketMQCluster } from '../api/mod.ts';
import { keyOf } from '../kube/mod.ts';
import type { ClusterControllerDeps } from './deps.ts';
import type { Failover } from './failover.ts';

export function tellFailovers(
  {
    events,
    failovers,
    cluster,
  }: Pick<ClusterControllerDeps, 'events' | 'failovers'> & {
    readonly cluster: RocketMQCluster;
  },
  found: readonly Failover[],
): void {
  for (const failover of found) {
    failovers.told(keyOf(cluster), failover);
    events.record(cluster, { ...words(failover), action: 'Elect' });
  }
}

function words(failover: Failover): {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
} {
  switch (failover.kind) {
    case 'NewMaster': {
      const { group, from, to, epoch, tookMs } = failover;
      const after = tookMs === undefined ? '' : `, ${seconds(tookMs)} after its loss was seen`;
      const note = `${group}: ${to} was elected in the place of ${from} (epoch ${epoch})${after}`;
      return { type: 'Warning', reason: 'FailedOver', note };
    }
    case 'InSync': {
      const note = `${failover.group}: every member is in sync again, ${seconds(failover.tookMs)} after the loss of its master`;
      return { type: 'Normal', reason: 'InSyncAgain', note };
    }
    default:
      return failover satisfies never;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
