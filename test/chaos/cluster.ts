/** The cluster that chaos is done to: as small as three members of two groups and the promise of two in sync allow. */
import type { RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import type { Shape } from '../e2e/harness/topology.ts';
import { MIN_IN_SYNC, trafficSpec } from '../traffic/cluster.ts';
import type { PlanShape } from './plan/faults.ts';

export const CHAOS = {
  namespace: 'chaos',
  name: 'chaos',
  nameServers: 3,
  controllers: 3,
  groups: ['broker-a', 'broker-b'],
  members: 3,
  proxies: 2,
} as const satisfies Shape;

/** The member that gets a size-limited volume. */
export const LIMITED = { group: 'broker-a', pod: 'chaos-broker-a-1-0' } as const;

export const planShape = (workers: number): PlanShape => ({
  groups: CHAOS.groups,
  members: CHAOS.members,
  minInSync: MIN_IN_SYNC,
  controllers: CHAOS.controllers,
  workers,
  limitedGroup: LIMITED.group,
});

export function chaosSpec(): RocketMQClusterInput {
  const spec = trafficSpec(CHAOS);
  return {
    ...spec,
    // Snapshots belong to what has to survive; every hour otherwise.
    controllers: { ...spec.controllers, config: { jRaftSnapshotIntervalSecs: '60' } },
    // A full disk has to refuse: by default RocketMQ makes room with the oldest messages, read or not.
    brokers: { ...spec.brokers, config: { ...spec.brokers.config, cleanFileForciblyEnable: 'false' } },
  };
}
