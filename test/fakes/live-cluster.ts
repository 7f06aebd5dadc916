import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { BrokerStore } from './broker-store.ts';
import { FakeBroker } from './broker.ts';
import { FakeController } from './controller.ts';
import { LiveBroker } from './live-broker.ts';
import { FakeNameServer } from './name-server.ts';
import type { Endpoint } from './network.ts';
import type { Fate, RemotingServer } from './remoting-server.ts';
import { ReplicasInfo } from './replicas-info.ts';

/** One running process. */
export interface FakeProcess {
  /** Its connections break, which is how everybody learns of it. Ending it twice does no harm. */
  end(): Promise<void>;
}

/** What controllers keep on their volumes: the groups, as replicated by Raft. */
export class ControllerStore {
  groups: Map<string, ReplicasInfo> | undefined;
}

export interface LiveClusterOptions {
  readonly name: string;
  /** Controllers that vote, whether they run or not. */
  readonly controllers: number;
  /** A broker's `registerNameServerPeriod`. */
  readonly registerPeriodMs: number;
  readonly now: () => number;
  /** Asked before every request to any process. */
  readonly fateOf?: (request: Command) => Fate;
}

/**
 * A RocketMQ cluster in Controller mode whose processes come and go under changing addresses, on volumes that
 * outlive them. Its time passes in steps: each does what the processes do of themselves in a moment.
 */
export class LiveCluster {
  readonly #options: LiveClusterOptions;
  readonly #nameServers = new Set<FakeNameServer>();
  readonly #controllers = new Set<FakeController>();
  readonly #brokers = new Set<LiveBroker>();
  /** End of the log up to which every send was acknowledged, by group. */
  readonly #acknowledged = new Map<string, number>();
  /** What happened that must never happen, in words. */
  readonly losses: string[] = [];
  #groups = new Map<string, ReplicasInfo>();

  constructor(options: LiveClusterOptions) {
    this.#options = options;
  }

  get brokers(): readonly FakeBroker[] {
    return [...this.#brokers].map(({ broker }) => broker);
  }

  /** Of those groups that the controllers know. */
  get groups(): readonly ReplicasInfo[] {
    return [...this.#groups.values()];
  }

  async startNameServer(endpoint: Endpoint): Promise<FakeProcess> {
    const nameServer = new FakeNameServer(endpoint);
    await this.#listen(nameServer.server);
    this.#nameServers.add(nameServer);
    return this.#process(nameServer.server, () => void this.#nameServers.delete(nameServer));
  }

  /** Who comes with an empty volume learns from the others; when nobody else is there, nothing is known any more. */
  async startController(endpoint: Endpoint, store: ControllerStore): Promise<FakeProcess> {
    const controller: FakeController = new FakeController(
      {
        groups: () => this.groups,
        leader: () => this.#leader(),
        peers: () => this.#peers(),
        elected: () => this.step(),
      },
      endpoint,
    );
    await this.#listen(controller.server);
    store.groups ??= this.#controllers.size > 0 ? this.#groups : new Map<string, ReplicasInfo>();
    if (this.#controllers.size === 0) this.#groups = store.groups;
    this.#controllers.add(controller);
    return this.#process(controller.server, () => void this.#controllers.delete(controller));
  }

  async startBroker(options: {
    readonly brokerName: string;
    readonly endpoint: Endpoint;
    readonly store: BrokerStore;
    readonly settings: ReadonlyMap<string, string>;
  }): Promise<FakeProcess> {
    const nameServers = (): readonly FakeNameServer[] => [...this.#nameServers];
    const live = new LiveBroker({ ...options, cluster: this.#options.name }, nameServers);
    await this.#listen(live.broker.server);
    this.#brokers.add(live);
    return this.#process(live.broker.server, () => {
      this.#brokers.delete(live);
      for (const nameServer of this.#nameServers) nameServer.unregister(live.broker.address);
    });
  }

  /** Whatever is due now: elections, new roles, registrations, replication. */
  step(): void {
    if (this.#leader() !== undefined) {
      for (const live of this.#brokers) this.#introduce(live);
      for (const info of this.#groups.values()) this.#govern(info);
    }
    for (const live of this.#brokers)
      live.registerWhenDue(this.#options.now(), this.#options.registerPeriodMs);
    for (const live of this.#brokers) this.#replicate(live);
    if (this.#leader() !== undefined) for (const info of this.#groups.values()) this.#count(info);
  }

  /** The cluster as one sees it from outside, the same whatever addresses and epochs it has come to. */
  describe(): object {
    const members = this.groups.flatMap((info) =>
      info.members.map(
        ({ alive, inSync }) =>
          `${info.brokerName}: ${alive ? 'alive' : 'dead'}, ${inSync ? 'in sync' : 'apart'}`,
      ),
    );
    const tables = this.brokers.map(({ identity, topics, groups }) => ({
      broker: identity.brokerName,
      topics: topics.list().toSorted((a, b) => (a.topicName < b.topicName ? -1 : 1)),
      groups: [...groups.keys()].toSorted(),
    }));
    return { members: members.toSorted(), tables };
  }

  async #listen(server: RemotingServer): Promise<void> {
    if (this.#options.fateOf !== undefined) server.fateOf = this.#options.fateOf;
    await server.listen();
  }

  #process(server: RemotingServer, leave: () => void): FakeProcess {
    const end = async (): Promise<void> => {
      if (!server.isListening) return;
      const closed = server.close();
      leave();
      this.step();
      await closed;
    };
    return { end };
  }

  #peers(): readonly { readonly id: string; readonly address: string }[] {
    return [...this.#controllers].map(({ address }) => ({ id: address, address }));
  }

  /** The one that runs longest, while a majority runs. */
  #leader(): { readonly id: string; readonly address: string } | undefined {
    return this.#controllers.size * 2 > this.#options.controllers ? this.#peers()[0] : undefined;
  }

  /** ReplicasManager at a broker's start: an id for who has none, the new address for who has one. */
  #introduce(live: LiveBroker): void {
    if (live.isIntroduced) return;
    const { brokerName } = live;
    const isAlive = (address: string): boolean => this.#brokerAt(address) !== undefined;
    const info = this.#groups.get(brokerName) ?? new ReplicasInfo(brokerName, isAlive);
    this.#groups.set(brokerName, info);
    live.introduce(info.register(live.store.brokerId, live.broker.address));
  }

  #govern(info: ReplicasInfo): void {
    if (info.members.every(({ id, alive }) => id !== info.masterId || !alive)) info.elect();
    const own = [...this.#brokers].filter((live) => live.brokerName === info.brokerName && live.isIntroduced);
    // Replicas mostly register before the new master has: they find it in the answer to a later registration only.
    const isMaster = ({ broker }: LiveBroker): boolean => broker.address === info.masterAddress;
    for (const live of own.toSorted((a, b) => Number(isMaster(a)) - Number(isMaster(b)))) live.takeRole(info);
    const master = this.#brokerAt(info.masterAddress);
    if (master === undefined) return;
    this.#checkLoss(info, master);
    const caughtUp = info.members.filter(
      ({ address, alive }) => alive && this.#brokerAt(address)?.follows(master) === true,
    );
    info.alterSyncStateSet(caughtUp.map(({ id }) => id));
  }

  #replicate(live: LiveBroker): void {
    const source = this.#brokerAt(live.source);
    if (source === undefined) live.detach();
    else if (source.isMaster) live.copyFrom(source);
  }

  /** A message is acknowledged once everybody in the sync-state set has it, and enough are in it. */
  #count(info: ReplicasInfo): void {
    const master = this.#brokerAt(info.masterAddress);
    const inSync = info.members.filter((member) => member.inSync && member.alive);
    const wanted = Number(master?.broker.settings.get('minInSyncReplicas') ?? 1);
    const isOpen = Number(master?.broker.settings.get('startAcceptSendRequestTimeStamp')) <= Date.now();
    if (master === undefined || !isOpen || inSync.length < wanted) return;
    master.store.maxOffset += 1;
    for (const { address } of inSync) {
      const replica = this.#brokerAt(address);
      if (replica !== undefined && replica !== master) replica.copyFrom(master);
    }
    this.#acknowledged.set(info.brokerName, master.store.maxOffset);
  }

  #checkLoss(info: ReplicasInfo, master: LiveBroker): void {
    const acknowledged = this.#acknowledged.get(info.brokerName) ?? 0;
    if (master.store.maxOffset >= acknowledged) return;
    this.losses.push(
      `${info.brokerName}: acknowledged up to ${acknowledged}, and its master of epoch ${info.masterEpoch} has ${master.store.maxOffset}`,
    );
    this.#acknowledged.set(info.brokerName, master.store.maxOffset);
  }

  #brokerAt(address: string | undefined): LiveBroker | undefined {
    return [...this.#brokers].find(({ broker }) => broker.address === address);
  }
}
