import {
  defaultSubscriptionGroup,
  type AccessUser,
  type BrokerAdmin,
  type ConsumerOffset,
  type SubscriptionGroupConfig,
  type TopicConfig,
} from '../../rocketmq/mod.ts';

/** What one broker keeps beside its messages. No replica of it ever asks for it: what arrives there was carried. */
export class BrokerMetadata {
  readonly topics = new Map<string, TopicConfig>();
  readonly groups = new Map<string, SubscriptionGroupConfig>();
  /** Answers a write of topics with success and forgets it, as a replica does at its next sync. */
  forgetsTopics = false;
  readonly offsets = new Map<string, Map<string, Map<number, number>>>();
  /** Of access control, by name. */
  readonly users = new Map<string, AccessUser>();

  addTopic(topicName: string, change: Partial<TopicConfig> = {}): void {
    this.topics.set(topicName, { ...plainTopic, topicName, ...change });
  }

  addGroup(groupName: string, change: Partial<SubscriptionGroupConfig> = {}): void {
    this.groups.set(groupName, { ...defaultSubscriptionGroup(groupName), ...change });
  }

  /** Without a look at whether topic and group are there. */
  setOffset({ group, topic, queueId, offset }: ConsumerOffset): void {
    const topics = this.offsets.get(group) ?? new Map<string, Map<number, number>>();
    const queues = topics.get(topic) ?? new Map<number, number>();
    this.offsets.set(group, topics.set(topic, queues.set(queueId, offset)));
  }

  offsetOf(group: string, topic: string, queueId: number): number | undefined {
    return this.offsets.get(group)?.get(topic)?.get(queueId);
  }

  admin(): Pick<
    BrokerAdmin,
    | 'topicConfigs'
    | 'putTopics'
    | 'subscriptionGroups'
    | 'putSubscriptionGroups'
    | 'consumerOffsets'
    | 'commitOffset'
    | 'users'
    | 'createUser'
    | 'changeUser'
    | 'deleteUser'
  > {
    return {
      topicConfigs: () => Promise.resolve({ dataVersion, topics: new Map(this.topics) }),
      putTopics: (topics) => {
        for (const { removeAttributes = [], ...topic } of this.forgetsTopics ? [] : topics) {
          const attributes = { ...this.topics.get(topic.topicName)?.attributes, ...topic.attributes };
          for (const key of removeAttributes) delete attributes[key];
          this.topics.set(topic.topicName, { ...topic, attributes });
        }
        return Promise.resolve(new Map());
      },
      subscriptionGroups: () => Promise.resolve({ dataVersion, groups: new Map(this.groups) }),
      putSubscriptionGroups: (groups) => {
        for (const group of groups) this.groups.set(group.groupName, group);
        return Promise.resolve(new Map());
      },
      users: () => Promise.resolve(new Map(this.users)),
      createUser: (user) => {
        this.users.set(user.username, user);
        return Promise.resolve();
      },
      changeUser: (user) => {
        this.users.set(user.username, user);
        return Promise.resolve();
      },
      deleteUser: (username) => {
        this.users.delete(username);
        return Promise.resolve();
      },
      consumerOffsets: () => Promise.resolve(structuredClone(this.offsets)),
      commitOffset: (offset) => {
        if (!this.topics.has(offset.topic) || !this.groups.has(offset.group)) {
          return Promise.reject(new Error(`no ${offset.topic} or ${offset.group}`));
        }
        this.setOffset(offset);
        return Promise.resolve();
      },
    };
  }
}

const dataVersion = { counter: 1, stateVersion: 0, timestamp: 0 };

const plainTopic = {
  readQueueNums: 4,
  writeQueueNums: 4,
  perm: 6,
  order: false,
  attributes: {},
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
} as const;
