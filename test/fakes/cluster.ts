import { FakeBroker } from './broker.ts';
import { FakeController, type GroupState } from './controller.ts';
import { FakeNameServer } from './name-server.ts';
import { refusal, success, type Endpoint, type Reply } from './remoting-server.ts';
import type { StoredTopic } from './topic-table.ts';

export interface FakeClusterShape {
  readonly cluster?: string;
  readonly groups?: readonly string[];
  /** Members of each group. */
  readonly replicas?: number;
  readonly nameServers?: number;
  readonly controllers?: number;
  /** Where name servers and controllers listen; left out: on free ports of 127.0.0.1. */
  readonly endpointOf?: (role: 'nameserver' | 'controller', index: number) => Endpoint;
}

interface Group extends GroupState {
  readonly brokers: readonly FakeBroker[];
}

const masterStillExists = 2011;
const brokerNotAlive = 2006;

/**
 * A whole RocketMQ cluster in Controller mode on loopback, without a JVM: what a client sees of topics, groups,
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
    for (const brokerName of cluster.#groups.keys()) cluster.#promote(brokerName, 1);
    return cluster;
  }

  private constructor(shape: FakeClusterShape) {
    this.name = shape.cluster ?? 'fake';
    this.nameServers = times(
      shape.nameServers ?? 2,
      (index) => new FakeNameServer(shape.endpointOf?.('nameserver', index)),
    );
    this.controllers = times(shape.controllers ?? 1, (index) =>
      this.#newController(shape.endpointOf?.('controller', index)),
    );
    for (const brokerName of shape.groups ?? ['broker-a', 'broker-b']) {
      this.#groups.set(brokerName, this.#newGroup(brokerName, shape.replicas ?? 2));
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
    const master = group.brokers.find(({ identity }) => identity.id === group.masterId);
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
    const group = this.#group(brokerName);
    group.masterId = id;
    group.masterEpoch += 1;
  }

  /** kill -9: the connection to name servers closes and they forget it at once. */
  async kill(broker: FakeBroker): Promise<void> {
    await broker.server.close();
    for (const nameServer of this.nameServers) nameServer.unregister(broker.address);
  }

  async restart(broker: FakeBroker): Promise<void> {
    await broker.server.listen();
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

  /** What every replica does each 10 s. */
  syncMetadata(): void {
    for (const [name, { brokers }] of this.#groups) {
      const master = this.master(name);
      for (const broker of brokers) if (broker !== master) broker.copyMetadataFrom(master);
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

  #newGroup(brokerName: string, replicas: number): Group {
    const brokers = times(
      replicas,
      (index) =>
        new FakeBroker({ cluster: this.name, brokerName, id: index + 1 }, (broker, topics) =>
          this.#register(broker, topics),
        ),
    );
    const members = (): GroupState['members'] =>
      brokers.map(({ identity, address, server }) => ({
        id: identity.id,
        address,
        alive: server.isListening,
        inSync: server.isListening,
      }));
    return {
      brokerName,
      masterId: undefined,
      masterEpoch: 0,
      syncStateSetEpoch: 1,
      brokers,
      get members() {
        return members();
      },
    };
  }

  #newController(endpoint: Endpoint | undefined): FakeController {
    const peers = () => this.controllers.map(({ address }, index) => ({ id: `n${index}`, address }));
    return new FakeController(
      {
        groups: () => [...this.#groups.values()],
        leader: () => (this.#leaderIndex === undefined ? undefined : peers()[this.#leaderIndex]),
        peers,
        elect: (brokerName, id) => this.#electOnRequest(brokerName, id),
      },
      endpoint,
    );
  }

  #electOnRequest(brokerName: string, id: number): Reply {
    const group = this.#group(brokerName);
    if (group.masterId === id) return refusal(masterStillExists, 'The old master is still alive');
    const wanted = group.brokers.find(({ identity }) => identity.id === id);
    if (wanted?.server.isListening !== true) return refusal(brokerNotAlive, 'The broker is not alive');
    this.#promote(brokerName, id);
    return {
      ...success,
      extFields: {
        masterBrokerId: String(id),
        masterAddress: wanted.address,
        masterEpoch: String(group.masterEpoch),
        syncStateSetEpoch: String(group.syncStateSetEpoch),
      },
      body: `{"brokerMemberGroup":{"brokerAddrs":{${id}:${JSON.stringify(wanted.address)}}},"syncStateSet":[${id}]}`,
    };
  }

  #promote(brokerName: string, id: number): void {
    this.electSilently(brokerName, id);
    for (const broker of this.#group(brokerName).brokers) this.#register(broker, 'all');
  }

  /** A master registers under id 0, a replica under its own. */
  #register(broker: FakeBroker, topics: readonly string[] | 'all'): void {
    if (!broker.server.isListening) return;
    const { cluster, brokerName, id } = broker.identity;
    const isMaster = this.#group(brokerName).masterId === id;
    const names = topics === 'all' ? broker.topics.names() : topics;
    const stored = names.flatMap((name): readonly StoredTopic[] => {
      const topic = broker.topics.get(name);
      return topic === undefined ? [] : [topic];
    });
    const registration = { cluster, brokerName, id: isMaster ? 0 : id, address: broker.address };
    for (const nameServer of this.nameServers) {
      nameServer.register(registration, isMaster ? stored : [], topics === 'all');
    }
  }
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
