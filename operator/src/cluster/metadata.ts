/**
 * What a broker keeps beside its messages: topics, consumer groups, and how far each group has consumed. Replicas ask
 * their master for it now and then (SlaveSynchronize), so what is new is not with them yet, and some of it may never
 * come: see bequeath.ts. Pure.
 */
import { canonicalJson } from '../kube/mod.ts';
import type {
  ConsumerOffset,
  ConsumerOffsets,
  SubscriptionGroupConfig,
  TopicConfig,
  TopicWrite,
} from '../rocketmq/mod.ts';

export interface Metadata {
  readonly topics: ReadonlyMap<string, TopicConfig>;
  readonly groups: ReadonlyMap<string, SubscriptionGroupConfig>;
  readonly offsets: ConsumerOffsets;
}

/** What a broker lacks, or has otherwise. */
export interface MetadataGap {
  readonly topics: readonly TopicWrite[];
  readonly groups: readonly SubscriptionGroupConfig[];
  readonly offsets: readonly ConsumerOffset[];
}

/** What has to be written to the heir for it to have everything that the master has. What it has beyond that stays. */
export function metadataGap(master: Metadata, heir: Metadata): MetadataGap {
  return {
    topics: [...master.topics.values()].flatMap((topic) => {
      const held = heir.topics.get(topic.topicName);
      if (held === undefined) return [topic];
      return canonicalJson(held) === canonicalJson(topic) ? [] : [topicChange(topic, held)];
    }),
    groups: [...master.groups.values()].filter((group) => {
      const held = heir.groups.get(group.groupName);
      return held === undefined || canonicalJson(known(held)) !== canonicalJson(known(group));
    }),
    // Offsets of what was deleted may stay in the table; only for what exists can be committed.
    offsets: offsetGap(master.offsets, heir.offsets).filter(
      ({ group, topic }) => master.groups.has(group) && master.topics.has(topic),
    ),
  };
}

export function offsetGap(master: ConsumerOffsets, heir: ConsumerOffsets): readonly ConsumerOffset[] {
  return listOffsets(master).filter(
    ({ group, topic, queueId, offset }) => heir.get(group)?.get(topic)?.get(queueId) !== offset,
  );
}

/**
 * What of a gap cannot be explained by the master having moved on since an earlier look at it.
 *
 * @param earlier the master as it was before it was copied
 */
export function unexplained({ topics, groups, offsets }: MetadataGap, earlier: Metadata): readonly string[] {
  return [
    ...topics
      .filter(({ topicName }) => earlier.topics.has(topicName))
      .map(({ topicName }) => `topic ${topicName}`),
    ...groups
      .filter(({ groupName }) => earlier.groups.has(groupName))
      .map(({ groupName }) => `group ${groupName}`),
    ...offsets
      .filter(
        ({ group, topic, queueId, offset }) =>
          earlier.offsets.get(group)?.get(topic)?.get(queueId) === offset,
      )
      .map(({ group, topic, queueId }) => `the offset of ${group} in queue ${queueId} of ${topic}`),
  ];
}

function listOffsets(table: ConsumerOffsets): readonly ConsumerOffset[] {
  return [...table].flatMap(([group, topics]) =>
    [...topics].flatMap(([topic, queues]) =>
      [...queues].map(([queueId, offset]) => ({ group, topic, queueId, offset })),
    ),
  );
}

/** Only attributes that differ: RocketMQ refuses to set some of them again, even to what they are. */
function topicChange(topic: TopicConfig, held: TopicConfig): TopicWrite {
  const changed = Object.entries(topic.attributes).filter(([key, value]) => held.attributes[key] !== value);
  const gone = Object.keys(held.attributes).filter((key) => topic.attributes[key] === undefined);
  return {
    ...topic,
    attributes: Object.fromEntries(changed),
    ...(gone.length === 0 ? {} : { removeAttributes: gone }),
  };
}

/** Without fields that one version writes and another does not know. */
function known({ extra: _extra, ...group }: SubscriptionGroupConfig): Omit<SubscriptionGroupConfig, 'extra'> {
  return group;
}
