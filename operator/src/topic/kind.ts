import { isClusterTopic, Topics, type Topic } from '../api/mod.ts';
import type { ClusterView, ObjectKind } from '../objects/mod.ts';
import type { TopicConfig, TopicWrite } from '../rocketmq/mod.ts';
import { declareTopic, type DesiredTopic } from './desired.ts';
import { compareTopic, isTopicRouted } from './diff.ts';
import { queueDrain } from './drain.ts';
import { topicRemoval } from './removal.ts';

export const topicKind: ObjectKind<Topic, DesiredTopic, TopicConfig, TopicWrite> = {
  type: Topics,
  noun: 'topic',
  nameField: 'topicName',
  places: 'Masters',
  declare: declareTopic,
  reservedOn: reservedTopic,
  compare: compareTopic,
  list: async (broker, options) => (await broker.topicConfigs(options)).topics,
  write: async (broker, writes, options) => broker.putTopics(writes, options),
  isRouted: isTopicRouted,
  drain: queueDrain,
  queuesOf: ({ queues }) => queues,
  removal: topicRemoval,
};

/** Every broker makes system topics named like its cluster and its group, and refuses writes to them. */
function reservedTopic(name: string, view: ClusterView): string | undefined {
  return view.groups.includes(name) || isClusterTopic(name, view.clusterName)
    ? `${name} is a topic of the cluster itself: choose another topicName`
    : undefined;
}
