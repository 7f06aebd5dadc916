import type { Registry } from 'prom-client';
import type { Topic, RocketMQCluster } from '../api/mod.ts';
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
import { topicKind } from './kind.ts';

interface TopicControllerDeps {
  readonly client: StatusApi;
  readonly informers: {
    readonly clusters: InformerFace<RocketMQCluster>;
    readonly topics: InformerFace<Topic>;
  };
  readonly rocketmq: RocketmqServers;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Milliseconds between two comparisons of an unchanged topic with the brokers. */
  readonly resyncMs: number;
  /** The runtime's own metrics; left out: none. */
  readonly controllerMetrics?: ControllerMetrics;
  /** Default: the addresses that follow from the cluster's name. */
  readonly viewOf?: (cluster: RocketMQCluster) => ClusterView;
}

/** Keeps every Topic true on the masters of its cluster. */
export function createTopicController(deps: TopicControllerDeps): {
  start(signal: AbortSignal): Promise<void>;
} {
  const { client, informers, rocketmq, events, clock, random, log, metrics, resyncMs } = deps;
  const viewOf = deps.viewOf ?? ((cluster: RocketMQCluster) => clusterView(cluster));
  const engine = new ObjectEngine(topicKind, {
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
  engine.observe(informers.topics);
  return {
    start: async (signal) => engine.run(signal, [informers.clusters.synced, informers.topics.synced]),
  };
}
