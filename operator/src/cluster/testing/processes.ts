/** What runs in the pods of a World: RocketMQ as far as it is asked, with elected masters or with fixed ones. */
import type { RocketMQCluster } from '../../api/mod.ts';
import { fromSecretData, Pods, Secrets, type Pod } from '../../kube/mod.ts';
import type { FakeApi } from '../../kube/testing/fake-api.ts';
import type {
  BrokerGroup,
  ClusterInfo,
  Credentials,
  ElectRequest,
  ElectResult,
  EpochCache,
  HaConnection,
  HaStatus,
  SyncState,
} from '../../rocketmq/mod.ts';
import { redactConfigValue } from '../../rocketmq/mod.ts';
import { identityOf, registeredAddress } from '../addresses.ts';
import { brokerFile, liveBrokerKeys } from '../config/live-keys.ts';
import { parseProperties } from '../config/properties.ts';
import { groupLabel } from '../labels.ts';
import type { Rocketmq } from '../observe.ts';
import { workloadsOf } from '../workloads.ts';
import { BrokerMetadata } from './broker-metadata.ts';
import { Gate, refusing } from './gate.ts';

interface Place {
  readonly api: FakeApi;
  /** Pods that never get going. */
  readonly broken: ReadonlySet<string>;
  ipOf(pod: string): string;
}

interface BrokerProcess {
  readonly pod: string;
  readonly address: string;
  readonly group: string;
  readonly member: number;
  /** The controllers' id. */
  readonly id: number;
}

const logEnd = 100;

export class Processes {
  readonly #place: Place;
  /** Pods whose log their master cannot continue, by name, until they come back without their claim. */
  readonly diverged = new Set<string>();
  /** Replicas of a fixed master that do not reach it. */
  readonly detached = new Set<string>();
  /** Replicas of a fixed master that have what it lacks, until they come back without their claim. */
  readonly ahead = new Set<string>();
  /** Brokers of which the controllers hear nothing, by pod. */
  readonly unheard = new Set<string>();
  refusesElections = false;
  /** The controllers have no leader. */
  leaderless = false;
  /** What happens the moment that a broker is told to take no sends. */
  whenClosed: ((pod: string) => void) | undefined;
  /** A pod whose log grows at each look at it, although it takes no sends; the others have everything by the next look. */
  restless: string | undefined;
  #grownBy = 0;
  /** Masters that have not heard of the election of another yet, by pod, and how often they are asked until they have. */
  readonly #unaware = new Map<string, number>();
  /** Pods among them that were opened to sends: what they acknowledge is lost. */
  readonly openedUnaware: string[] = [];
  /** `group → pod`, for every election that was asked for. */
  readonly elections: string[] = [];
  /** Settings of running brokers that differ from their file, by pod; a pod that is made again has none. */
  readonly told = new Map<string, ReadonlyMap<string, string>>();
  readonly #metadata = new Map<string, BrokerMetadata>();
  readonly #gate = new Gate();
  /** By group: who was elected last, by us or by the controllers when the one before was gone. */
  readonly #masters = new Map<string, { readonly address: string; readonly epoch: number }>();
  /** Masters that were taken out of the name servers, until the next election of their group. */
  readonly #unlisted = new Map<string, string>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Survives the pod, as its volume does. */
  metadataOf(pod: string): BrokerMetadata {
    const known = this.#metadata.get(pod) ?? new BrokerMetadata();
    this.#metadata.set(pod, known);
    return known;
  }

  /** A pod got an empty volume. */
  lose(pod: string): void {
    this.metadataOf(pod).users.clear();
    this.diverged.delete(pod);
    this.ahead.delete(pod);
  }

  /** By the controllers themselves, unasked. */
  elect(group: string, pod: string): void {
    this.#enthrone(group, { address: registeredAddress(this.#place.ipOf(pod)) });
  }

  /** @param signer whoever signs; nobody: unsigned requests */
  client(cluster: RocketMQCluster, signer?: Credentials): Rocketmq {
    const { sets } = workloadsOf(identityOf(cluster), cluster.spec);
    const brokers = sets
      .flatMap((set) => (set.component === 'broker' ? [set] : []))
      .map(({ inputs: { group, member }, pods }, index): BrokerProcess => {
        const pod = pods[0]?.pod ?? '';
        return { pod, address: registeredAddress(this.#place.ipOf(pod)), group, member, id: index + 1 };
      });
    const isFixed = cluster.spec.brokers.failover === 'Static';
    const groups = cluster.spec.brokers.groups.map(({ name }) => name);
    const info = (): ClusterInfo => ({
      clusters: new Map(),
      brokers: new Map(
        groups.map((group): [string, BrokerGroup] => {
          const own = this.#running(brokers, group);
          const addresses = isFixed ? fixedIds(own) : this.#electedIds(brokers, group);
          return [group, { brokerName: group, cluster: cluster.metadata.name, addresses }];
        }),
      ),
    });
    const controllers = sets.flatMap((set) => (set.component === 'controller' ? set.pods : []));
    return {
      nameServer: () => ({
        clusterInfo: () => Promise.resolve(info()),
        config: () => Promise.resolve(new Map()),
        unregisterBroker: ({ brokerName, brokerAddress }) => {
          this.#unlisted.set(brokerName, brokerAddress);
          return Promise.resolve();
        },
      }),
      broker: (address) => {
        const pod = address.split('.')[0] ?? '';
        const broker = this.#broker(brokers, pod, isFixed);
        const { users } = this.metadataOf(pod);
        const gated = { pod, uid: this.#pod(pod)?.metadata.uid, file: this.#fileOf(pod), users };
        return this.#gate.lets(gated, signer) ? broker : refusing(broker, pod);
      },
      controller: (address) => this.#controller(brokers, address, controllers[0]?.address),
    };
  }

  #broker(brokers: readonly BrokerProcess[], pod: string, isFixed: boolean): ReturnType<Rocketmq['broker']> {
    return {
      ...this.metadataOf(pod).admin(),
      runtimeInfo: () => Promise.resolve(new Map([['brokerVersionDesc', this.#versionOf(pod)]])),
      epochs: () =>
        isFixed ? Promise.reject(new Error('only for controllerMode')) : Promise.resolve(this.#epochs(pod)),
      haStatus: () =>
        isFixed ? Promise.resolve(this.#haStatus(brokers, pod)) : Promise.reject(new Error('not asked here')),
      config: () => Promise.resolve(shown(this.#settingsOf(pod, this.#ownRoleOf(brokers, pod)))),
      updateConfig: (values) => {
        if (this.#unaware.has(pod) && values.get('startAcceptSendRequestTimeStamp') === '0')
          this.openedUnaware.push(pod);
        this.told.set(pod, new Map([...(this.told.get(pod) ?? []), ...values]));
        // A broker registers at once with what it is told to be allowed.
        const own = brokers.find((each) => each.pod === pod);
        if (own !== undefined && this.#unlisted.get(own.group) === own.address)
          this.#unlisted.delete(own.group);
        if (Number(values.get('startAcceptSendRequestTimeStamp')) > Date.now()) this.whenClosed?.(pod);
        return Promise.resolve();
      },
    };
  }

  /** @param leader nobody where there are no controllers: then none may be asked */
  #controller(
    brokers: readonly BrokerProcess[],
    address: string,
    leader: string | undefined,
  ): ReturnType<Rocketmq['controller']> {
    if (leader === undefined) throw new Error(`there is no controller ${address}`);
    return {
      config: () => Promise.resolve(new Map()),
      metadata: () =>
        Promise.resolve(
          this.leaderless
            ? { group: 'g', isLeader: false, peers: [] }
            : { group: 'g', leaderAddress: leader, isLeader: address === leader, peers: [] },
        ),
      syncState: (groups) =>
        this.leaderless
          ? Promise.reject(new Error('CONTROLLER_NOT_LEADER'))
          : Promise.resolve(new Map(groups.map((group) => [group, this.#syncState(brokers, group)]))),
      electMaster: (request) =>
        new Promise((resolve) => {
          resolve(this.#elect(brokers, request));
        }),
      cleanBrokerData: () => Promise.resolve(),
    };
  }

  #elect(brokers: readonly BrokerProcess[], { brokerName, brokerId }: ElectRequest): ElectResult {
    const heir = brokers[brokerId - 1];
    if (heir === undefined) throw new RangeError(`no broker ${brokerId}`);
    if (this.refusesElections) throw new Error('CONTROLLER_ELECT_MASTER_FAILED');
    const master = this.#elected(brokers, brokerName);
    const acceptsSince = this.told.get(master?.pod ?? '')?.get('startAcceptSendRequestTimeStamp') ?? '0';
    if (master !== heir && Number(acceptsSince) <= Date.now())
      throw new Error(`${brokerName}: its master goes on to take sends`);
    // A replica that registers now would be answered with the address of the old master.
    if (!this.#unlisted.delete(brokerName))
      throw new Error(`${brokerName}: name servers list the old master`);
    const masterEpoch = this.#enthrone(brokerName, heir);
    this.elections.push(`${brokerName} → ${heir.pod}`);
    if (master !== undefined && master !== heir) this.#unaware.set(master.pod, 1);
    const epochs = { masterEpoch, syncStateSetEpoch: masterEpoch };
    return { changed: true, masterBrokerId: brokerId, masterAddress: heir.address, ...epochs };
  }

  #elected(brokers: readonly BrokerProcess[], group: string): BrokerProcess | undefined {
    const alive = this.#running(brokers, group);
    const master = alive.find(({ address }) => address === this.#masters.get(group)?.address);
    if (master !== undefined) return master;
    const [heir] = alive;
    if (heir !== undefined) this.#enthrone(group, heir);
    return heir;
  }

  /** @returns its epoch */
  #enthrone(group: string, { address }: Pick<BrokerProcess, 'address'>): number {
    const epoch = (this.#masters.get(group)?.epoch ?? 0) + 1;
    this.#masters.set(group, { address, epoch });
    return epoch;
  }

  #electedIds(brokers: readonly BrokerProcess[], group: string): ReadonlyMap<number, string> {
    const master = this.#elected(brokers, group);
    return new Map(
      this.#running(brokers, group)
        .filter(({ address }) => address !== this.#unlisted.get(group))
        .map((each) => [each === master ? 0 : each.id, each.address]),
    );
  }

  #syncState(brokers: readonly BrokerProcess[], group: string): SyncState {
    const master = this.#elected(brokers, group);
    const { epoch = 0 } = this.#masters.get(group) ?? {};
    const replicas = (apart: boolean): SyncState['inSync'] =>
      this.#running(brokers, group)
        .filter(({ pod }) => (this.diverged.has(pod) || this.#unaware.has(pod)) === apart)
        .map(({ id, address, pod }) => ({ brokerId: id, address, alive: !this.unheard.has(pod) }));
    return {
      ...(master === undefined ? {} : { masterAddress: master.address }),
      masterEpoch: epoch,
      syncStateSetEpoch: epoch,
      inSync: replicas(false),
      notInSync: replicas(true),
    };
  }

  #epochs(pod: string): EpochCache {
    const startOffset = this.diverged.has(pod) ? 0n : BigInt(logEnd);
    if (this.restless === pod) this.#grownBy += 1;
    const maxOffset = BigInt(logEnd + this.#grownBy);
    return {
      cluster: '',
      brokerName: '',
      brokerId: 0,
      maxOffset,
      epochs: [{ epoch: 1, startOffset, endOffset: maxOffset }],
    };
  }

  #haStatus(brokers: readonly BrokerProcess[], pod: string): HaStatus {
    const own = brokers.find((each) => each.pod === pod);
    if (own?.member !== 0) throw new Error(`${pod} is no master, and was asked as one`);
    const connections = this.#running(brokers, own.group)
      .filter((each) => each !== own && !this.detached.has(each.pod))
      .map((replica): HaConnection => {
        const slaveAckOffset = logEnd + (this.ahead.has(replica.pod) ? 7 : 0);
        return {
          address: `${this.#place.ipOf(replica.pod)}:40000`,
          slaveAckOffset,
          diff: logEnd - slaveAckOffset,
          // RocketMQ compares no more than how far a replica is behind.
          inSync: true,
          transferFromWhere: slaveAckOffset,
          transferredByteInSecond: 0,
        };
      });
    return {
      role: 'master',
      masterCommitLogMaxOffset: logEnd,
      inSyncSlaveNums: connections.length,
      connections,
    };
  }

  /** By its own word. */
  #ownRoleOf(brokers: readonly BrokerProcess[], pod: string): string {
    const left = this.#unaware.get(pod) ?? 0;
    if (left === 0) this.#unaware.delete(pod);
    else this.#unaware.set(pod, left - 1);
    return left > 0 ? 'SYNC_MASTER' : this.#roleOf(brokers, pod);
  }

  #roleOf(brokers: readonly BrokerProcess[], pod: string): string {
    const group = brokers.find((each) => each.pod === pod)?.group ?? '';
    return this.#elected(brokers, group)?.pod === pod ? 'SYNC_MASTER' : 'SLAVE';
  }

  /** As a broker: its file over the defaults, and what it was told since. */
  #settingsOf(name: string, role: string): ReadonlyMap<string, string> {
    const usual = [...liveBrokerKeys, ['brokerPermission', '6'] as const, ['brokerRole', role] as const];
    return new Map([...usual, ...parseProperties(this.#fileOf(name)), ...(this.told.get(name) ?? [])]);
  }

  #fileOf(name: string): string {
    const pod = this.#pod(name);
    const volume = pod?.spec?.volumes?.find(({ secret }) => secret !== undefined);
    const secret = this.#place.api
      .stored(Secrets)
      .find(({ metadata }) => metadata.name === volume?.secret?.secretName);
    return fromSecretData(secret?.data?.[brokerFile]);
  }

  #running(brokers: readonly BrokerProcess[], group: string): readonly BrokerProcess[] {
    return brokers.filter((each) => {
      const pod = each.group === group ? this.#pod(each.pod) : undefined;
      const labelled = pod?.metadata.labels?.[groupLabel] === group;
      return labelled && pod.status !== undefined && !this.#place.broken.has(each.pod);
    });
  }

  /** As a broker says it, of what its pod was made from: `V5_5_0`. */
  #versionOf(name: string): string {
    const [container] = this.#pod(name)?.spec?.containers ?? [];
    const home = container?.env?.find((each) => each.name === 'ROCKETMQ_HOME')?.value ?? '';
    return `V${home.split('rocketmq-')[1]?.replaceAll('.', '_') ?? ''}`;
  }

  #pod(name: string): Pod | undefined {
    return this.#place.api.stored(Pods).find(({ metadata }) => metadata.name === name);
  }
}

/** A broker with a fixed role has the id of its file. */
function fixedIds(running: readonly BrokerProcess[]): ReadonlyMap<number, string> {
  return new Map(running.map(({ member, address }) => [member, address]));
}

/** As the client shows settings. */
function shown(settings: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...settings].map(([key, value]) => [key, redactConfigValue(key, value)]));
}
