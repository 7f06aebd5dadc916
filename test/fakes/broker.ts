import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { BrokerAccess } from './access.ts';
import { BrokerStore } from './broker-store.ts';
import { ConsumerClients } from './consumer-clients.ts';
import { allGroups, putGroup, putGroups, type GroupFields } from './groups.ts';
import type { Endpoint, Network } from './network.ts';
import { refusal, RemotingServer, responseCodes, success, type Reply } from './remoting-server.ts';
import { FakeSettings } from './settings.ts';
import type { TopicTable } from './topic-table.ts';

export interface BrokerIdentity {
  readonly cluster: string;
  readonly brokerName: string;
  /** The controllers' id, from 1. */
  readonly id: number;
}

const requestCodes = {
  putTopic: 17,
  putTopics: 18,
  commitOffset: 15,
  allTopics: 21,
  updateConfig: 25,
  config: 26,
  runtimeInfo: 28,
  offsetAt: 29,
  allOffsets: 43,
  timerMetrics: 61,
  putGroup: 200,
  allGroups: 201,
  topicStats: 202,
  consumerConnections: 203,
  deleteGroup: 207,
  deleteTopic: 215,
  resetOffset: 222,
  putGroups: 225,
  consumeTimeSpan: 303,
  topic: 351,
  epochs: 1007,
} as const;

/** Those of a broker's settings that somebody here looks at; of all others it says nothing. */
const defaults = {
  accountStatsPrintZeroValues: 'true',
  autoCreateTopicEnable: 'false',
  // Until it is told by an election.
  brokerRole: 'ASYNC_MASTER',
  brokerPermission: '6',
  deleteWhen: '04',
  diskMaxUsedSpaceRatio: '75',
  fileReservedTime: '72',
  filterDataCleanTimeSpan: '86400000',
  metricsLabel: '',
  slaveReadEnable: 'false',
  startAcceptSendRequestTimeStamp: '0',
  transactionCheckInterval: '30000',
  transactionCheckMax: '15',
  transactionTimeOut: '6000',
};

/**
 * One broker: topics and subscription groups with the habits of the real one, among them that it takes writes as a
 * replica and forgets them at its next metadata sync.
 */
export class FakeBroker {
  /** Its id may be known only later: the controllers give it. */
  identity: BrokerIdentity;
  readonly server: RemotingServer;
  readonly store: BrokerStore;
  readonly clients = new ConsumerClients();
  /** What it was started with, and what was set since. */
  readonly settings: FakeSettings;
  readonly #register: (broker: FakeBroker, topics: readonly string[] | 'all') => void;

  constructor(
    identity: BrokerIdentity,
    register: (broker: FakeBroker, topics: readonly string[] | 'all') => void,
    process: {
      readonly endpoint?: Endpoint | undefined;
      readonly network?: Network | undefined;
      readonly store?: BrokerStore;
      readonly settings?: ReadonlyMap<string, string>;
    } = {},
  ) {
    this.identity = identity;
    this.#register = register;
    this.store = process.store ?? new BrokerStore([identity.cluster, identity.brokerName]);
    this.settings = new FakeSettings({
      ...defaults,
      brokerName: identity.brokerName,
      ...Object.fromEntries(process.settings ?? []),
    });
    const access = new BrokerAccess(identity.cluster, this.store, process.settings ?? new Map());
    this.server = new RemotingServer(
      (request) => access.serve(request, () => this.#handle(request)),
      process.endpoint,
      process.network,
    );
  }

  get address(): string {
    return this.server.address;
  }

  get topics(): TopicTable {
    return this.store.topics;
  }

  get groups(): Map<string, GroupFields> {
    return this.store.groups;
  }

  /** As an election tells it. */
  takeRole(isMaster: boolean): void {
    this.settings.set('brokerRole', isMaster ? 'SYNC_MASTER' : 'SLAVE');
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
        return this.#updateConfig(textOf(request));
      case requestCodes.topic:
        return this.topics.read(ext['topic'] ?? '');
      case requestCodes.deleteTopic:
        return this.#deleteTopic(ext['topic'] ?? '');
      case requestCodes.topicStats:
        return this.#topicStats(ext['topic'] ?? '');
      case requestCodes.offsetAt: {
        const offset = this.store.offsetAt(
          ext['topic'] ?? '',
          Number(ext['queueId']),
          Number(ext['timestamp']),
        );
        return { ...success, extFields: { offset: String(offset) } };
      }
      case requestCodes.resetOffset:
        return this.#resetOffset(ext);
      case requestCodes.consumerConnections:
        return this.clients.read(ext['consumerGroup'] ?? '');
      case requestCodes.consumeTimeSpan:
        return this.#consumeTimeSpan(ext['topic'] ?? '', ext['group'] ?? '');
      case requestCodes.putGroup:
        return putGroup(this.groups, JSON.parse(textOf(request)));
      case requestCodes.putGroups:
        return putGroups(this.groups, JSON.parse(textOf(request)));
      case requestCodes.allGroups:
        return allGroups(this.groups);
      case requestCodes.deleteGroup:
        this.store.deleteGroup(ext['groupName'] ?? '', ext['cleanOffset'] === 'true');
        return success;
      case requestCodes.commitOffset:
        return this.#commitOffset(ext);
      case requestCodes.allOffsets:
        return this.#allOffsets();
      case requestCodes.timerMetrics: {
        const timingCount = Object.fromEntries(
          [...this.store.timed].map(([topic, count]) => [topic, { count, timeStamp: 0 }]),
        );
        return { ...success, body: JSON.stringify({ dataVersion: {}, timingCount }) };
      }
      case requestCodes.epochs:
        return { ...success, body: this.#epochs() };
      case requestCodes.runtimeInfo:
        return {
          ...success,
          body: JSON.stringify({ table: { brokerVersionDesc: 'V5_5_0', brokerActive: 'true' } }),
        };
      default:
        return refusal(responseCodes.notSupported, ` request type ${request.code} not supported`);
    }
  }

  #deleteTopic(topic: string): Reply {
    if (this.topics.refused.has(topic)) return refusal(responseCodes.systemError, 'it is busy');
    this.store.deleteTopic(topic);
    return success;
  }

  /** Keys are objects, which is not JSON. */
  #topicStats(name: string): Reply {
    const topic = this.topics.get(name);
    if (topic === undefined) return refusal(responseCodes.topicNotExist, `topic[${name}] not exist`);
    if (this.topics.broken.has(name)) return refusal(responseCodes.systemError, 'its files are broken');
    const length = Math.max(topic.readQueueNums, topic.writeQueueNums);
    const queues = Array.from({ length }, (_, queueId) => {
      const key = JSON.stringify({ brokerName: this.identity.brokerName, queueId, topic: name });
      const maxOffset = this.store.messages.get(name)?.get(queueId) ?? 0;
      return `${key}:${JSON.stringify({ lastUpdateTimestamp: 0, maxOffset, minOffset: 0 })}`;
    });
    return { ...success, body: `{"offsetTable":{${queues.join(',')}}}` };
  }

  /** All queues of the topic, be there a place in them or not (AdminBrokerProcessor.resetOffsetInner). */
  #resetOffset(ext: Command['extFields']): Reply {
    const { topic = '', group = '', timestamp = '' } = ext;
    const stored = this.topics.get(topic);
    if (stored === undefined) return refusal(responseCodes.topicNotExist, `Topic ${topic} does not exist`);
    if (this.topics.broken.has(topic)) return refusal(responseCodes.systemError, 'its files are broken');
    if (!this.groups.has(group)) return refusal(responseCodes.groupNotExist, `Group ${group} does not exist`);
    const key = `${topic}@${group}`;
    const places = this.store.offsets.get(key) ?? new Map<string, number>();
    this.store.offsets.set(key, places);
    const table = Array.from({ length: stored.readQueueNums }, (_, queueId) => {
      const offset = this.store.offsetAt(topic, queueId, Number(timestamp));
      places.set(String(queueId), offset);
      const queue = JSON.stringify({ brokerName: this.identity.brokerName, queueId, topic });
      return `${queue}:${String(offset)}`;
    });
    return { ...success, body: `{"offsetTable":{${table.join(',')}}}` };
  }

  /** Only of queues that are written; of one without a place in it as if a message was as old as the epoch. */
  #consumeTimeSpan(topic: string, group: string): Reply {
    const stored = this.topics.get(topic);
    if (stored === undefined) return refusal(responseCodes.topicNotExist, `topic[${topic}] not exist`);
    const consumeTimeSpanSet = Array.from({ length: stored.writeQueueNums }, (_, queueId) => {
      const place = this.store.offsets.get(`${topic}@${group}`)?.get(String(queueId));
      const isLeft = (place ?? -1) < (this.store.messages.get(topic)?.get(queueId) ?? 0);
      const delayTime = place === undefined ? Date.now() : this.store.messageAgeMs;
      const messageQueue = { brokerName: this.identity.brokerName, queueId, topic };
      return {
        messageQueue,
        minTimeStamp: 0,
        maxTimeStamp: 0,
        consumeTimeStamp: 0,
        delayTime: isLeft ? delayTime : 0,
      };
    });
    return { ...success, body: JSON.stringify({ consumeTimeSpanSet }) };
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
    const queues = this.store.offsets.get(key) ?? new Map<string, number>();
    this.store.offsets.set(key, queues.set(queueId, Number(commitOffset)));
    return success;
  }

  /** Queue ids are bare numbers, which is not JSON. */
  #allOffsets(): Reply {
    const table = [...this.store.offsets].map(([key, queues]) => {
      const entries = [...queues].map(([queueId, offset]) => `${queueId}:${offset}`);
      return `${JSON.stringify(key)}:{${entries.join(',')}}`;
    });
    return { ...success, body: `{"offsetTable":{${table.join(',')}}}` };
  }

  #updateConfig(text: string): Reply {
    const { reply, asked } = this.settings.update(text);
    // A broker tells the name servers its permission at once, be it a new one or not.
    if (reply.code === responseCodes.success && asked.has('brokerPermission')) this.#register(this, 'all');
    return reply;
  }

  /** The last epoch has no end: Java's Long.MAX_VALUE, which no JavaScript number holds. */
  #epochs(): string {
    const { epochs, maxOffset } = this.store;
    const list = epochs.map(({ epoch, startOffset }, index) => {
      const end = epochs[index + 1]?.startOffset ?? '9223372036854775807';
      return `{"endOffset":${end},"epoch":${epoch},"startOffset":${startOffset}}`;
    });
    const { cluster, brokerName } = this.identity;
    const id = this.settings.get('brokerRole') === 'SYNC_MASTER' ? 0 : this.identity.id;
    return `{"brokerId":${id},"brokerName":${JSON.stringify(brokerName)},"clusterName":${JSON.stringify(cluster)},"epochList":[${list.join(',')}],"maxOffset":${maxOffset}}`;
  }
}

function textOf(request: Command): string {
  return request.body.toString('utf8');
}
