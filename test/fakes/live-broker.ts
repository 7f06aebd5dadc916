import type { BrokerStore } from './broker-store.ts';
import { FakeBroker } from './broker.ts';
import type { FakeNameServer } from './name-server.ts';
import type { Endpoint } from './network.ts';
import type { ReplicasInfo } from './replicas-info.ts';

export interface LiveBrokerOptions {
  readonly cluster: string;
  readonly brokerName: string;
  readonly endpoint: Endpoint;
  readonly store: BrokerStore;
  readonly settings: ReadonlyMap<string, string>;
}

/** A broker that has a life: a role that changes, a master that it has to find, registrations that fall due. */
export class LiveBroker {
  readonly broker: FakeBroker;
  readonly store: BrokerStore;
  readonly #nameServers: () => readonly FakeNameServer[];
  /** Of the master whose word it has; none before the controllers told it its role. */
  #epoch: number | undefined;
  #introduced = false;
  #isMaster = false;
  #registeredAtMs = Number.NEGATIVE_INFINITY;
  #source: string | undefined;
  #copied = false;

  constructor(options: LiveBrokerOptions, nameServers: () => readonly FakeNameServer[]) {
    const { cluster, brokerName, store } = options;
    this.store = store;
    this.#nameServers = nameServers;
    const identity = { cluster, brokerName, id: store.brokerId ?? 0 };
    this.broker = new FakeBroker(identity, (_broker, topics) => this.#register(topics), options);
  }

  get brokerName(): string {
    return this.broker.identity.brokerName;
  }

  get isMaster(): boolean {
    return this.#isMaster;
  }

  get isIntroduced(): boolean {
    return this.#introduced;
  }

  /** Address that it replicates from. */
  get source(): string | undefined {
    return this.#source;
  }

  introduce(id: number): void {
    this.#introduced = true;
    this.store.brokerId = id;
    this.broker.identity = { ...this.broker.identity, id };
  }

  /** ReplicasManager.changeBrokerRole: registers at once, and a replica looks for its master in the answer. */
  takeRole(info: ReplicasInfo): void {
    if (info.masterId === undefined || info.masterEpoch === this.#epoch) return;
    this.#epoch = info.masterEpoch;
    this.#isMaster = info.masterId === this.broker.identity.id;
    this.detach();
    this.broker.takeRole(this.#isMaster);
    if (this.#isMaster) this.store.beginEpoch(info.masterEpoch);
    this.#register('all');
  }

  registerWhenDue(nowMs: number, periodMs: number): void {
    if (nowMs - this.#registeredAtMs < periodMs) return;
    this.#registeredAtMs = nowMs;
    this.#register('all');
  }

  follows(master: LiveBroker): boolean {
    return this === master || (this.#copied && this.#source === master.broker.address);
  }

  copyFrom(master: LiveBroker): void {
    this.store.copyLogFrom(master.store);
    this.store.copyMetadataFrom(master.store);
    this.#copied = true;
  }

  /** The connection to its master broke. */
  detach(): void {
    this.#source = undefined;
    this.#copied = false;
  }

  /** A master registers under id 0, a replica under its own. Without a role it keeps to itself. */
  #register(topics: readonly string[] | 'all'): void {
    if (this.#epoch === undefined) return;
    const { address, identity } = this.broker;
    const { cluster, brokerName, id } = identity;
    const table = this.store.topics;
    const stored = table.list().filter(({ topicName }) => topics === 'all' || topics.includes(topicName));
    for (const nameServer of this.#nameServers()) {
      const registration = { cluster, brokerName, id: this.#isMaster ? 0 : id, address };
      nameServer.register(registration, this.#isMaster ? stored : []);
      // An address that comes while it is connected to another changes nothing (AutoSwitchHAClient of 5.5.0).
      if (!this.#isMaster) this.#source ??= nameServer.masterOf(brokerName);
    }
  }
}
