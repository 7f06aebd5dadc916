/** Asks name servers, controllers and brokers. Nobody is waited for longer than the deadline of one call. */
import {
  hasEnded,
  type BrokerAdmin,
  type CallOptions,
  type ClusterInfo,
  type ControllerAdmin,
  type ControllerMetadata,
  type Credentials,
  type EpochCache,
  type HaConnection,
  type HaStatus,
  type NameServerAdmin,
  type SyncState,
} from '../rocketmq/mod.ts';

/** The part of the RocketMQ client that is needed here. */
export interface Rocketmq {
  nameServer(address: string): Pick<NameServerAdmin, 'clusterInfo' | 'unregisterBroker' | 'config'>;
  broker(
    address: string,
  ): Pick<
    BrokerAdmin,
    | 'runtimeInfo'
    | 'epochs'
    | 'haStatus'
    | 'config'
    | 'updateConfig'
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
  >;
  controller(
    address: string,
  ): Pick<ControllerAdmin, 'metadata' | 'syncState' | 'electMaster' | 'cleanBrokerData' | 'config'>;
}

/** Its requests are signed by whatever cluster they are for. */
export interface SigningRocketmq extends Rocketmq {
  as(credentials: Credentials | undefined): Rocketmq;
}

/** An answer, or why there is none: never mistaken for one another. */
export type Answer<T> =
  | { readonly known: true; readonly value: T }
  /** `ended`: the process that was asked is no more; one that hangs is silent. */
  | { readonly known: false; readonly why: string; readonly ended?: boolean };

/** What may hold a secret reads `<redacted>`. */
export type Settings = ReadonlyMap<string, string>;

export interface BrokerWord {
  /** As RocketMQ writes it, `V5_5_0`; undefined when it was not asked for. */
  readonly version: string | undefined;
}

/** What a master says of those who replicate from it. */
export interface Replication {
  /** End of its log, read after the acknowledgements below: one beyond it is of something that it does not have. */
  readonly maxOffset: number;
  readonly connections: readonly Pick<HaConnection, 'address' | 'slaveAckOffset' | 'inSync'>[];
}

export interface Answers {
  /** By address; servers that were not asked are absent. */
  readonly nameServers: ReadonlyMap<string, Answer<ClusterInfo>>;
  readonly controllers: ReadonlyMap<string, Answer<ControllerMetadata>>;
  readonly brokers: ReadonlyMap<string, Answer<BrokerWord>>;
  /** By address: the settings that each of them runs with. */
  readonly settings: ReadonlyMap<string, Answer<Settings>>;
  /** By group, from the leading controller. */
  readonly syncStates: Answer<ReadonlyMap<string, SyncState>>;
  /** By address, of masters that are fixed: nobody else knows who is in sync with them. */
  readonly replications: ReadonlyMap<string, Answer<Replication>>;
}

export interface Targets {
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  readonly brokers: readonly string[];
  /** Brokers among them that are masters for good. */
  readonly fixedMasters: readonly string[];
  readonly groups: readonly string[];
  /** Whether brokers are asked for their version. */
  readonly versions: boolean;
}

export async function ask(
  rocketmq: Rocketmq,
  targets: Targets,
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Answers> {
  const { versions } = targets;
  const [nameServers, brokers, [controllers, syncStates], replications, others] = await Promise.all([
    askEach(targets.nameServers, (address) => rocketmq.nameServer(address).clusterInfo(call)),
    askEach(targets.brokers, (address) => askBroker(rocketmq.broker(address), versions, call)),
    askControllers(rocketmq, targets, call),
    askEach(targets.fixedMasters, (address) => askReplication(rocketmq.broker(address), call)),
    Promise.all([
      askEach(targets.nameServers, (address) => rocketmq.nameServer(address).config(call)),
      askEach(targets.controllers, (address) => rocketmq.controller(address).config(call)),
    ]),
  ]);
  return {
    nameServers,
    controllers,
    brokers: mapAnswers(brokers, ({ version }) => ({ version })),
    settings: new Map([...mapAnswers(brokers, ({ settings }) => settings), ...others[0], ...others[1]]),
    syncStates,
    replications,
  };
}

function mapAnswers<T, R>(
  answers: ReadonlyMap<string, Answer<T>>,
  part: (value: T) => R,
): ReadonlyMap<string, Answer<R>> {
  return new Map(
    [...answers].map(([address, word]) => [
      address,
      word.known ? { known: true, value: part(word.value) } : word,
    ]),
  );
}

/**
 * Its settings, which it has at hand, tell that a broker answers. The version stands only in the runtime information,
 * for which it goes through its whole timer wheel (`timerCongestNum`).
 */
async function askBroker(
  broker: ReturnType<Rocketmq['broker']>,
  versions: boolean,
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<BrokerWord & { readonly settings: Settings }> {
  const [settings, info] = await Promise.all([
    broker.config(call),
    versions ? broker.runtimeInfo(call) : undefined,
  ]);
  return { settings, version: info?.get('brokerVersionDesc') };
}

/**
 * The end of the log in an answer is older than the acknowledgements in it, which may have passed it meanwhile. So it
 * is asked for once more when one seems to be beyond it.
 *
 * @throws Error when it is no master
 */
async function askReplication(
  broker: Pick<BrokerAdmin, 'haStatus'>,
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Replication> {
  const status = masterOnly(await broker.haStatus(call));
  const { connections } = status;
  const again = connections.some(({ diff }) => diff < 0);
  const { masterCommitLogMaxOffset } = again ? masterOnly(await broker.haStatus(call)) : status;
  return { maxOffset: masterCommitLogMaxOffset, connections };
}

function masterOnly(status: HaStatus): Extract<HaStatus, { readonly role: 'master' }> {
  if (status.role === 'master') return status;
  throw new Error(`it replicates from ${status.masterAddress}, and should be a master`);
}

async function askControllers(
  rocketmq: Rocketmq,
  targets: Targets,
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<readonly [Answers['controllers'], Answers['syncStates']]> {
  const controllers = await askEach(targets.controllers, (address) =>
    rocketmq.controller(address).metadata(call),
  );
  const leader = leadingController(controllers);
  if (leader === undefined) return [controllers, { known: false, why: 'the controllers have no leader' }];
  return [controllers, await answer(rocketmq.controller(leader).syncState(targets.groups, call))];
}

/** Who of the controllers leads, asked anew; nothing when nobody says so. */
export async function askLeader(
  rocketmq: Rocketmq,
  addresses: readonly string[],
  call: CallOptions,
): Promise<string | undefined> {
  return leadingController(
    await askEach(addresses, (address) => rocketmq.controller(address).metadata(call)),
  );
}

/** Only the leader's own word counts: a follower may still name one that is gone. */
export function leadingController(controllers: Answers['controllers']): string | undefined {
  return [...controllers].find(([, metadata]) => metadata.known && metadata.value.isLeader)?.[0];
}

/** By address; who does not answer is absent. */
export async function askEpochs(
  rocketmq: Rocketmq,
  brokers: readonly string[],
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ReadonlyMap<string, EpochCache>> {
  return said(await askEach(brokers, (address) => rocketmq.broker(address).epochs(call)));
}

/** By address of a master that answered: the hosts that read its log. */
export async function askReplicas(
  rocketmq: Rocketmq,
  masters: readonly string[],
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const statuses = said(await askEach(masters, (address) => rocketmq.broker(address).haStatus(call)));
  return new Map(
    [...statuses].flatMap(([address, status]) =>
      status.role === 'master'
        ? [[address, new Set(status.connections.map((each) => hostOf(each.address)))] as const]
        : [],
    ),
  );
}

/** Without those who did not answer. */
function said<T>(answers: ReadonlyMap<string, Answer<T>>): ReadonlyMap<string, T> {
  return new Map(
    [...answers].flatMap(([address, word]) => (word.known ? [[address, word.value] as const] : [])),
  );
}

/** `10.0.0.1` of `10.0.0.1:10911` */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

async function askEach<T>(
  addresses: readonly string[],
  question: (address: string) => Promise<T>,
): Promise<ReadonlyMap<string, Answer<T>>> {
  return new Map(
    await Promise.all(addresses.map(async (address) => [address, await answer(question(address))] as const)),
  );
}

async function answer<T>(pending: Promise<T>): Promise<Answer<T>> {
  try {
    return { known: true, value: await pending };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { known: false, why, ...(hasEnded(error) ? { ended: true } : {}) };
  }
}
