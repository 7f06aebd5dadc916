import { isClusterTopic, Topics, type RocketMQCluster, type Topic } from '../api/mod.ts';
import { clusterView } from '../cluster/mod.ts';
import type { Clock, EventSink, InformerFace, KubeApi, Logger, Random } from '../kube/mod.ts';
import {
  ObjectEngine,
  objectMetrics,
  watchClusters,
  type ClusterView,
  type ObjectKind,
  type RocketmqServers,
} from '../objects/mod.ts';
import type { Registry } from 'prom-client';
import type { TopicConfig, TopicWrite } from '../rocketmq/mod.ts';
import { declareTopic, type DesiredTopic } from './desired.ts';
import { compareTopic, isTopicRouted } from './diff.ts';

export interface TopicControllerDeps {
  readonly client: Pick<KubeApi, 'apply'>;
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
}

export const topicKind: ObjectKind<Topic, DesiredTopic, TopicConfig, TopicWrite> = {
  type: Topics,
  noun: 'topic',
  nameField: 'topicName',
  declare: declareTopic,
  reservedOn: reservedTopic,
  compare: compareTopic,
  list: async (broker, options) => (await broker.topicConfigs(options)).topics,
  write: async (broker, writes, options) => broker.putTopics(writes, options),
  isRouted: isTopicRouted,
};

/** Every broker makes system topics named like its cluster and its group, and refuses writes to them. */
function reservedTopic(name: string, view: ClusterView): string | undefined {
  return view.groups.includes(name) || isClusterTopic(name, view.clusterName)
    ? `${name} is a topic of the cluster itself: choose another topicName`
    : undefined;
}

/** Keeps every Topic true on the masters of its cluster. */
export function createTopicController(deps: TopicControllerDeps): {
  start(signal: AbortSignal): Promise<void>;
} {
  const { client, informers, rocketmq, events, clock, random, log, metrics, resyncMs } = deps;
  const engine = new ObjectEngine(topicKind, {
    api: client,
    servers: rocketmq,
    events,
    clock,
    random,
    log: log.child({ controller: 'topic' }),
    metrics: objectMetrics(metrics),
    resyncMs,
  });
  watchClusters(informers.clusters, clusterView, (key, view) => engine.clusterChanged(key, view));
  engine.observe(informers.topics);
  return {
    start: async (signal) => {
      await Promise.all([informers.clusters.synced, informers.topics.synced]);
      await engine.run(signal);
    },
  };
}
