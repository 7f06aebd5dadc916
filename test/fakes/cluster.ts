import { accessSettings, type FakeAccess } from './access.ts';
import { FakeBroker } from './broker.ts';
import { FakeController } from './controller.ts';
import { FakeNameServer } from './name-server.ts';
import type { Endpoint, Network } from './network.ts';
import { ReplicasInfo } from './replicas-info.ts';
import type { StoredTopic } from './topic-table.ts';

export interface FakeClusterShape {
  readonly cluster?: string;
  readonly groups?: readonly string[];
  /** Members of each group. */
  readonly replicas?: number;
  readonly nameServers?: number;
  readonly controllers?: number;
  /** Of its brokers; left out: they have no users at all. */
  readonly access?: FakeAccess;
  /** Where servers listen; brokers count through, group by group. Left out: on free ports of 127.0.0.1. */
  readonly endpointOf?: (role: 'nameserver' | 'controller' | 'broker', index: number) => Endpoint;
  /** How its servers are reached; left out: by TCP on this machine. */
  readonly network?: Network;
}

interface Group {
  readonly brokers: readonly FakeBroker[];
  readonly info: ReplicasInfo;
}

/**
 * A whole RocketMQ cluster in Controller mode, without a JVM: what a client sees of topics, groups,
 * routes, masters and their failures. Time does not pass by itself: the periodic work of real brokers happens
 * when `registerAll` and `syncMetadata` are called.
 */
export class FakeCluster {
  readonly name: string;
  readonly nameServers: readonly FakeNameServer[];
  readonly controllers: readonly FakeController[];
  readonly #groups = new Map<string, Group>();
  #leaderIndex: number | undefined = 0;

  static async start(shape: FakeClusterShape = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster(shape);
    await Promise.all(cluster.#servers().map(async (server) => server.listen()));
    for (const { brokers, info } of cluster.#groups.values())
      for (const { identity, address } of brokers) info.register(identity.id, address);
    for (const brokerName of cluster.#groups.keys()) cluster.#promote(brokerName, 1);
    return cluster;
  }

  private constructor(shape: FakeClusterShape) {
    this.name = shape.cluster ?? 'fake';
    this.nameServers = times(
      shape.nameServers ?? 2,
      (index) => new FakeNameServer(shape.endpointOf?.('nameserver', index), shape.network),
    );
    this.controllers = times(shape.controllers ?? 1, (index) =>
      this.#newController(shape.endpointOf?.('controller', index), shape.network),
    );
    for (const brokerName of shape.groups ?? ['broker-a', 'broker-b']) {
      this.#groups.set(brokerName, this.#newGroup(brokerName, shape));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers().map(async (server) => server.close()));
  }

  get groupNames(): readonly string[] {
    return [...this.#groups.keys()];
  }

  get nameServerAddresses(): readonly string[] {
    return this.nameServers.map(({ address }) => address);
  }

  get controllerAddresses(): readonly string[] {
    return this.controllers.map(({ address }) => address);
  }

  brokers(brokerName: string): readonly FakeBroker[] {
    return this.#group(brokerName).brokers;
  }

  /** The elected master. Throws when there is none. */
  master(brokerName: string): FakeBroker {
    const group = this.#group(brokerName);
    const master = group.brokers.find(({ identity }) => identity.id === group.info.masterId);
    if (master === undefined) throw new RangeError(`${brokerName} has no master`);
    return master;
  }

  masters(): readonly FakeBroker[] {
    return this.groupNames.map((name) => this.master(name));
  }

  /** Elects a member (by its id from 1) as the controllers do after a failure or on request, and tells name servers. */
  elect(brokerName: string, id: number): void {
    this.#promote(brokerName, id);
  }

  /** Elects without telling name servers yet: what a client sees in the middle of a failover. */
  electSilently(brokerName: string, id: number): void {
    const { brokers, info } = this.#group(brokerName);
    info.promote(id);
    for (const broker of brokers) broker.takeRole(broker.identity.id === id);
    this.master(brokerName).store.beginEpoch(info.masterEpoch);
    keepInSync(info);
  }

  /** kill -9: the connection to name servers closes and they forget it at once. */
  async kill(broker: FakeBroker): Promise<void> {
    await broker.server.close();
    keepInSync(this.#group(broker.identity.brokerName).info);
    for (const nameServer of this.nameServers) nameServer.unregister(broker.address);
  }

  async restart(broker: FakeBroker): Promise<void> {
    await broker.server.listen();
    keepInSync(this.#group(broker.identity.brokerName).info);
    this.#register(broker, 'all');
  }

  /** Nobody leads the controllers: only `metadata` is answered. */
  loseLeader(): void {
    this.#leaderIndex = undefined;
  }

  /** What every broker does each 30 s. */
  registerAll(): void {
    for (const { brokers } of this.#groups.values())
      for (const broker of brokers) this.#register(broker, 'all');
  }

  /** What every replica does each 10 s. @param names those of these groups */
  syncMetadata(names: readonly string[] = this.groupNames): void {
    for (const name of names) {
      const { brokers } = this.#group(name);
      const master = this.master(name);
      for (const broker of brokers) if (broker !== master) broker.store.copyMetadataFrom(master.store);
    }
  }

  /** Calls answered by all servers of one kind, for one request code. */
  calls(kind: 'nameServers' | 'brokers' | 'controllers', code: number): number {
    const servers =
      kind === 'brokers' ? [...this.#groups.values()].flatMap(({ brokers }) => brokers) : this[kind];
    return servers.reduce((sum, { server }) => sum + server.callCount(code), 0);
  }

  #servers() {
    const brokers = [...this.#groups.values()].flatMap((group) => group.brokers);
    return [...this.nameServers, ...this.controllers, ...brokers].map(({ server }) => server);
  }

  #group(brokerName: string): Group {
    const group = this.#groups.get(brokerName);
    if (group === undefined) throw new RangeError(`no group ${brokerName}`);
    return group;
  }

  #newGroup(brokerName: string, { replicas = 2, access, endpointOf, network }: FakeClusterShape): Group {
    const before = this.#groups.size * replicas;
    const settings = access === undefined ? new Map<string, string>() : accessSettings(access);
    const brokers = times(
      replicas,
      (index) =>
        new FakeBroker(
          { cluster: this.name, brokerName, id: index + 1 },
          (broker, topics) => this.#register(broker, topics),
          {
            settings,
            network,
            ...(endpointOf === undefined ? {} : { endpoint: endpointOf('broker', before + index) }),
          },
        ),
    );
    const isAlive = (address: string): boolean =>
      brokers.some((broker) => broker.address === address && broker.server.isListening);
    return { brokers, info: new ReplicasInfo(brokerName, isAlive) };
  }

  #newController(endpoint: Endpoint | undefined, network: Network | undefined): FakeController {
    const peers = () => this.controllers.map(({ address }, index) => ({ id: `n${index}`, address }));
    return new FakeController(
      {
        groups: () => [...this.#groups.values()].map(({ info }) => info),
        leader: () => (this.#leaderIndex === undefined ? undefined : peers()[this.#leaderIndex]),
        peers,
        elected: (info) => {
          keepInSync(info);
          this.#registerGroup(info.brokerName);
        },
      },
      endpoint,
      network,
    );
  }

  #promote(brokerName: string, id: number): void {
    this.electSilently(brokerName, id);
    this.#registerGroup(brokerName);
  }

  #registerGroup(brokerName: string): void {
    for (const broker of this.#group(brokerName).brokers) this.#register(broker, 'all');
  }

  /** A master registers under id 0, a replica under its own. */
  #register(broker: FakeBroker, topics: readonly string[] | 'all'): void {
    if (!broker.server.isListening) return;
    const { cluster, brokerName, id } = broker.identity;
    const isMaster = this.#group(brokerName).info.masterId === id;
    const names = topics === 'all' ? broker.topics.names() : topics;
    const stored = names.flatMap((name): readonly StoredTopic[] => {
      const topic = broker.topics.get(name);
      return topic === undefined ? [] : [topic];
    });
    const registration = { cluster, brokerName, id: isMaster ? 0 : id, address: broker.address };
    for (const nameServer of this.nameServers) {
      nameServer.register(registration, isMaster ? stored : []);
    }
  }
}

/** Whoever listens is in the sync-state set: replication takes no time here. */
function keepInSync(info: ReplicasInfo): void {
  info.alterSyncStateSet(info.members.filter(({ alive }) => alive).map(({ id }) => id));
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
