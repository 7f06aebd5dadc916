import type { Registry } from 'prom-client';
import type { ConsumerGroup, RocketMQCluster } from '../api/mod.ts';
import { clusterView } from '../cluster/mod.ts';
import type { Clock, ControllerMetrics, EventSink, InformerFace, Logger, Random } from '../kube/mod.ts';
import {
  ObjectEngine,
  objectMetrics,
  watchClusters,
  type ClusterView,
  type RocketmqServers,
  type StatusApi,
} from '../objects/mod.ts';
import { groupKind } from './kind.ts';

interface GroupControllerDeps {
  readonly client: StatusApi;
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
  /** The runtime's own metrics; left out: none. */
  readonly controllerMetrics?: ControllerMetrics;
  /** Default: the addresses that follow from the cluster's name. */
  readonly viewOf?: (cluster: RocketMQCluster) => ClusterView;
}

/** Keeps every ConsumerGroup true on the masters of its cluster. */
export function createGroupController(deps: GroupControllerDeps): {
  start(signal: AbortSignal): Promise<void>;
} {
  const { client, informers, rocketmq, events, clock, random, log, metrics, resyncMs } = deps;
  const viewOf = deps.viewOf ?? ((cluster: RocketMQCluster) => clusterView(cluster));
  const engine = new ObjectEngine(groupKind, {
    api: client,
    servers: rocketmq,
    events,
    clock,
    random,
    log,
    metrics: objectMetrics(metrics),
    resyncMs,
    controllerMetrics: deps.controllerMetrics,
  });
  watchClusters(informers.clusters, viewOf, (key, view) => engine.clusterChanged(key, view));
  engine.observe(informers.groups);
  return {
    start: async (signal) => engine.run(signal, [informers.clusters.synced, informers.groups.synced]),
  };
}
