import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { refusal, RemotingServer, responseCodes, success, type Reply } from './remoting-server.ts';
import { FakeSettings } from './settings.ts';
import { TopicTable } from './topic-table.ts';

export interface BrokerIdentity {
  readonly cluster: string;
  readonly brokerName: string;
  /** The controllers' id, from 1. */
  readonly id: number;
}

/** Body of request 200, and an item of 225: any field may be left out. */
interface GroupFields {
  readonly groupName?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

interface GroupListBody {
  readonly groupConfigList?: readonly GroupFields[];
}

const requestCodes = {
  putTopic: 17,
  putTopics: 18,
  commitOffset: 15,
  allTopics: 21,
  updateConfig: 25,
  config: 26,
  runtimeInfo: 28,
  allOffsets: 43,
  putGroup: 200,
  allGroups: 201,
  deleteGroup: 207,
  deleteTopic: 215,
  putGroups: 225,
  topic: 351,
} as const;

/** As SubscriptionGroupConfig's field initialisers: a write that leaves one out gets it. */
const groupDefaults: GroupFields = {
  attributes: {},
  brokerId: 0,
  consumeBroadcastEnable: true,
  consumeEnable: true,
  consumeFromMinEnable: true,
  consumeMessageOrderly: false,
  consumeTimeoutMinute: 15,
  groupRetryPolicy: { type: 'CUSTOMIZED' },
  groupSysFlag: 0,
  notifyConsumerIdsChangedEnable: true,
  retryMaxTimes: 16,
  retryQueueNums: 1,
  whichBrokerWhenConsumeSlowly: 1,
};

/** Those of a broker's settings that somebody here looks at; of all others it says nothing. */
const settings = {
  accountStatsPrintZeroValues: 'true',
  autoCreateTopicEnable: 'false',
  deleteWhen: '04',
  diskMaxUsedSpaceRatio: '75',
  fileReservedTime: '72',
  filterDataCleanTimeSpan: '86400000',
  metricsLabel: '',
  slaveReadEnable: 'false',
  transactionCheckInterval: '30000',
  transactionCheckMax: '15',
  transactionTimeOut: '6000',
};

/**
 * One broker: topics and subscription groups with the habits of the real one, among them that it takes writes as a
 * replica and forgets them at its next metadata sync.
 */
export class FakeBroker {
  readonly identity: BrokerIdentity;
  readonly server: RemotingServer;
  readonly topics: TopicTable;
  readonly settings: FakeSettings;
  groups = new Map<string, GroupFields>();
  /** `topic@group` → queue id → offset */
  readonly #offsets = new Map<string, Map<string, number>>();
  readonly #register: (broker: FakeBroker, topics: readonly string[] | 'all') => void;

  constructor(
    identity: BrokerIdentity,
    register: (broker: FakeBroker, topics: readonly string[] | 'all') => void,
  ) {
    this.identity = identity;
    this.#register = register;
    this.topics = new TopicTable([identity.cluster, identity.brokerName]);
    this.settings = new FakeSettings({ ...settings, brokerName: identity.brokerName });
    this.server = new RemotingServer((request) => this.#handle(request));
  }

  get address(): string {
    return this.server.address;
  }

  /** SlaveSynchronize: tables are replaced by the master's. */
  copyMetadataFrom(master: FakeBroker): void {
    this.topics.copyFrom(master.topics);
    this.groups = new Map(master.groups);
    // Offsets are put over what is there; what the master lacks stays.
    for (const [key, queues] of master.#offsets) this.#offsets.set(key, new Map(queues));
  }

  #handle(request: Command): Reply {
    const ext = request.extFields;
    switch (request.code) {
      case requestCodes.putTopic: {
        const reply = this.topics.put(ext);
        if (reply.code === responseCodes.success) this.#register(this, [ext['topic'] ?? '']);
        return reply;
      }
      case requestCodes.putTopics: {
        const { reply, applied } = this.topics.putList(JSON.parse(textOf(request)));
        if (applied.length > 0) this.#register(this, applied);
        return reply;
      }
      case requestCodes.allTopics:
        return this.topics.page(ext);
      case requestCodes.config:
        return this.settings.read();
      case requestCodes.updateConfig:
        return this.settings.update(request);
      case requestCodes.topic:
        return this.topics.read(ext['topic'] ?? '');
      case requestCodes.deleteTopic:
        this.topics.delete(ext['topic'] ?? '');
        return success;
      case requestCodes.putGroup:
        return this.#putGroup(JSON.parse(textOf(request)));
      case requestCodes.putGroups:
        return this.#putGroups(JSON.parse(textOf(request)));
      case requestCodes.allGroups:
        return this.#allGroups();
      case requestCodes.deleteGroup:
        this.groups.delete(ext['groupName'] ?? '');
        return success;
      case requestCodes.commitOffset:
        return this.#commitOffset(ext);
      case requestCodes.allOffsets:
        return this.#allOffsets();
      case requestCodes.runtimeInfo:
        return {
          ...success,
          body: JSON.stringify({ table: { brokerVersionDesc: 'V5_5_0', brokerActive: 'true' } }),
        };
      default:
        return refusal(responseCodes.notSupported, ` request type ${request.code} not supported`);
    }
  }

  #commitOffset(ext: Command['extFields']): Reply {
    const { topic = '', consumerGroup = '', queueId = '', commitOffset = '' } = ext;
    if (!this.groups.has(consumerGroup)) {
      return refusal(responseCodes.groupNotExist, `Group ${consumerGroup} not exist!`);
    }
    if (this.topics.get(topic) === undefined) {
      return refusal(responseCodes.topicNotExist, `Topic ${topic} not exist!`);
    }
    const key = `${topic}@${consumerGroup}`;
    const queues = this.#offsets.get(key) ?? new Map<string, number>();
    this.#offsets.set(key, queues.set(queueId, Number(commitOffset)));
    return success;
  }

  /** Queue ids are bare numbers, which is not JSON. */
  #allOffsets(): Reply {
    const table = [...this.#offsets].map(([key, queues]) => {
      const entries = [...queues].map(([queueId, offset]) => `${queueId}:${offset}`);
      return `${JSON.stringify(key)}:{${entries.join(',')}}`;
    });
    return { ...success, body: `{"offsetTable":{${table.join(',')}}}` };
  }

  #putGroup(fields: GroupFields): Reply {
    const name = fields.groupName ?? '';
    if (!/^[%|a-zA-Z0-9_-]{1,120}$/.test(name)) {
      return refusal(
        responseCodes.invalidParameter,
        `The specified group[${name}] contains illegal characters`,
      );
    }
    if (Object.keys(fields.attributes ?? {}).length > 0) {
      return refusal(responseCodes.systemError, 'java.lang.RuntimeException: unsupported key');
    }
    this.groups.set(name, { ...groupDefaults, ...fields });
    return success;
  }

  /** Not atomic: the items before a bad one stay. */
  #putGroups(body: GroupListBody): Reply {
    for (const fields of body.groupConfigList ?? []) {
      const reply = this.#putGroup(fields);
      if (reply.code !== responseCodes.success) return reply;
    }
    return success;
  }

  #allGroups(): Reply {
    const dataVersion = { counter: 1, stateVersion: 0, timestamp: 0 };
    const subscriptionGroupTable = Object.fromEntries(this.groups);
    return { ...success, body: JSON.stringify({ dataVersion, forbiddenTable: {}, subscriptionGroupTable }) };
  }
}

function textOf(request: Command): string {
  return request.body.toString('utf8');
}
