import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import type { Endpoint, Network } from './network.ts';
import { refusal, RemotingServer, responseCodes, success, type Reply } from './remoting-server.ts';
import { FakeSettings } from './settings.ts';
import type { StoredTopic } from './topic-table.ts';

export interface Registration {
  readonly cluster: string;
  readonly brokerName: string;
  /** 0 for the master. */
  readonly id: number;
  readonly address: string;
}

const requestCodes = {
  unregisterBroker: 104,
  route: 105,
  clusterInfo: 106,
  topicNames: 206,
  deleteTopic: 216,
  config: 319,
  members: 901,
} as const;

/** A name server: memory only, fed by brokers, knows nothing of its peers. */
export class FakeNameServer {
  readonly server: RemotingServer;
  readonly #settings = new FakeSettings({ listenPort: '9876', scanNotActiveBrokerInterval: '2000' });
  /** By broker address: one address holds one id. */
  readonly #members = new Map<string, Registration>();
  /** Broker name → what its masters told of their topics: it outlives each of them (RouteInfoManager.topicQueueTable). */
  readonly #topics = new Map<string, Map<string, StoredTopic>>();

  constructor(endpoint?: Endpoint, network?: Network) {
    this.server = new RemotingServer((request) => this.#handle(request), endpoint, network);
  }

  get address(): string {
    return this.server.address;
  }

  /**
   * A registration, of all topics or of some: what it leaves out stays (deleteTopicWithBrokerRegistration is off). A broker
   * that is not up for this server is not heard.
   */
  register(registration: Registration, topics: readonly StoredTopic[]): void {
    if (!this.server.isListening) return;
    for (const [address, member] of this.#members) {
      const takesItsPlace = member.brokerName === registration.brokerName && member.id === registration.id;
      if (takesItsPlace && address !== registration.address) this.#members.delete(address);
    }
    this.#members.set(registration.address, registration);
    const table = this.#topics.get(registration.brokerName) ?? new Map<string, StoredTopic>();
    for (const topic of topics) table.set(topic.topicName, topic);
    this.#topics.set(registration.brokerName, table);
  }

  /** The broker's connection closed. The topics of its group go with the last of its members. */
  unregister(address: string): void {
    const brokerName = this.#members.get(address)?.brokerName;
    this.#members.delete(address);
    if (brokerName !== undefined && !this.#groups().has(brokerName)) this.#topics.delete(brokerName);
  }

  /** Address under which the master of a group is listed. */
  masterOf(brokerName: string): string | undefined {
    return [...this.#members.values()].find((member) => member.brokerName === brokerName && member.id === 0)
      ?.address;
  }

  hasRoute(topic: string): boolean {
    return this.#topicNames().includes(topic);
  }

  /** What a restart does. */
  forgetAll(): void {
    this.#members.clear();
    this.#topics.clear();
  }

  #handle(request: Command): Reply {
    const ext = request.extFields;
    switch (request.code) {
      case requestCodes.unregisterBroker:
        this.unregister(ext['brokerAddr'] ?? '');
        return success;
      case requestCodes.route:
        return this.#route(ext['topic'] ?? '');
      case requestCodes.clusterInfo:
        return { ...success, body: this.#clusterInfo() };
      case requestCodes.topicNames:
        return { ...success, body: JSON.stringify({ topicList: this.#topicNames() }) };
      case requestCodes.deleteTopic:
        for (const topics of this.#topics.values()) topics.delete(ext['topic'] ?? '');
        return success;
      case requestCodes.config:
        return this.#settings.read();
      case requestCodes.members:
        return { ...success, body: this.#memberGroup(ext['brokerName'] ?? '') };
      default:
        return refusal(responseCodes.notSupported, ` request type ${request.code} not supported`);
    }
  }

  #topicNames(): readonly string[] {
    return [...new Set([...this.#topics.values()].flatMap((topics) => [...topics.keys()]))];
  }

  #groups(): ReadonlyMap<string, readonly Registration[]> {
    return Map.groupBy(this.#members.values(), (member) => member.brokerName);
  }

  #route(topic: string): Reply {
    const brokerDatas: object[] = [];
    const queueDatas: object[] = [];
    for (const [brokerName, members] of this.#groups()) {
      const stored = this.#topics.get(brokerName)?.get(topic);
      if (stored === undefined) continue;
      const { readQueueNums, writeQueueNums, perm, topicSysFlag } = stored;
      queueDatas.push({ brokerName, perm, readQueueNums, topicSysFlag, writeQueueNums });
      const brokerAddrs = Object.fromEntries(members.map(({ id, address }) => [String(id), address]));
      brokerDatas.push({ brokerAddrs, brokerName, cluster: members[0]?.cluster, enableActingMaster: false });
    }
    if (queueDatas.length === 0) {
      return refusal(
        responseCodes.topicNotExist,
        `No topic route info in name server for the topic: ${topic}`,
      );
    }
    return { ...success, body: JSON.stringify({ brokerDatas, filterServerTable: {}, queueDatas }) };
  }

  /** Integer keys without quotes, as fastjson writes a Map<Long, String>. */
  #clusterInfo(): string {
    const groups = [...this.#groups()];
    const table = groups.map(([name, members]) => `${JSON.stringify(name)}:${brokerData(name, members)}`);
    const clusters = Map.groupBy(groups, ([, members]) => members[0]?.cluster ?? '');
    const names = Object.fromEntries(
      [...clusters].map(([cluster, of]) => [cluster, of.map(([name]) => name)]),
    );
    return `{"brokerAddrTable":{${table.join(',')}},"clusterAddrTable":${JSON.stringify(names)}}`;
  }

  #memberGroup(brokerName: string): string {
    const members = this.#groups().get(brokerName) ?? [];
    return `{"brokerMemberGroup":${brokerData(brokerName, members)}}`;
  }
}

function brokerData(brokerName: string, members: readonly Registration[]): string {
  const addresses = members.map(({ id, address }) => `${id}:${JSON.stringify(address)}`).join(',');
  const cluster = JSON.stringify(members[0]?.cluster ?? '');
  return `{"brokerAddrs":{${addresses}},"brokerName":${JSON.stringify(brokerName)},"cluster":${cluster},"enableActingMaster":false}`;
}
