import type { Registry } from 'prom-client';
import { ConsumerGroups, type ConsumerGroup, type RocketMQCluster } from '../api/mod.ts';
import { clusterView } from '../cluster/mod.ts';
import type { Clock, EventSink, InformerFace, KubeApi, Logger, Random } from '../kube/mod.ts';
import {
  ObjectEngine,
  objectMetrics,
  watchClusters,
  type ObjectKind,
  type RocketmqServers,
} from '../objects/mod.ts';
import type { SubscriptionGroupConfig } from '../rocketmq/mod.ts';
import { declareGroup, type DesiredGroup } from './desired.ts';
import { compareGroup } from './diff.ts';

export interface GroupControllerDeps {
  readonly client: Pick<KubeApi, 'apply'>;
  readonly informers: {
    readonly clusters: InformerFace<RocketMQCluster>;
    readonly groups: InformerFace<ConsumerGroup>;
  };
  readonly rocketmq: RocketmqServers;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Milliseconds between two comparisons of an unchanged group with the brokers. */
  readonly resyncMs: number;
}

/** Groups are read by one list call (201): request 352 makes a group that it is asked for (rocketmq-wire.md §2.5). */
export const groupKind: ObjectKind<
  ConsumerGroup,
  DesiredGroup,
  SubscriptionGroupConfig,
  SubscriptionGroupConfig
> = {
  type: ConsumerGroups,
  noun: 'consumer group',
  nameField: 'groupName',
  declare: declareGroup,
  compare: compareGroup,
  list: async (broker, options) => (await broker.subscriptionGroups(options)).groups,
  write: async (broker, writes, options) => broker.putSubscriptionGroups(writes, options),
};

/** Keeps every ConsumerGroup true on the masters of its cluster. */
export function createGroupController(deps: GroupControllerDeps): {
  start(signal: AbortSignal): Promise<void>;
} {
  const { client, informers, rocketmq, events, clock, random, log, metrics, resyncMs } = deps;
  const engine = new ObjectEngine(groupKind, {
    api: client,
    servers: rocketmq,
    events,
    clock,
    random,
    log: log.child({ controller: 'group' }),
    metrics: objectMetrics(metrics),
    resyncMs,
  });
  watchClusters(informers.clusters, clusterView, (key, view) => engine.clusterChanged(key, view));
  engine.observe(informers.groups);
  return {
    start: async (signal) => {
      await Promise.all([informers.clusters.synced, informers.groups.synced]);
      await engine.run(signal);
    },
  };
}
