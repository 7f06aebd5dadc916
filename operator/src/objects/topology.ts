import type {
  CallOptions,
  ClusterInfo,
  ControllerAdmin,
  NameServerAdmin,
  SyncState,
} from '../rocketmq/mod.ts';
import { settle, whyNot, type Answer } from './answer.ts';
import type { BrokerAdmin } from '../rocketmq/mod.ts';
import type { ClusterView, PendingReason } from './kind.ts';
import type { ServerRequest } from './metrics.ts';

/** The part of RocketmqClient that the loop needs. */
export interface RocketmqServers {
  nameServer(address: string): NameServerAdmin;
  broker(address: string): BrokerAdmin;
  controller(address: string): ControllerAdmin;
}

/**
 * The master of one broker group.
 * - `Confirmed`: name servers and controllers agree, or nobody else can be. The only one that is ever written to.
 * - `Unconfirmed`: the controllers do not answer. It can be read; a write might land on a replica,
 *   which accepts it and loses it at its next metadata sync.
 * - `Unknown`: nobody to ask.
 */
export type Master =
  | { readonly kind: 'Confirmed'; readonly group: string; readonly address: string }
  | { readonly kind: 'Unconfirmed'; readonly group: string; readonly address: string; readonly why: string }
  | {
      readonly kind: 'Unknown';
      readonly group: string;
      readonly reason: PendingReason;
      readonly why: string;
    };

export interface Topology {
  readonly masters: readonly Master[];
  /** Group → addresses of the others that name servers list. */
  readonly replicas: ReadonlyMap<string, readonly string[]>;
  /** Name servers that answered. */
  readonly nameServers: readonly string[];
  readonly silentNameServers: readonly string[];
}

/**
 * Finds each group's master. In Controller mode a name server lists the elected master under id 0, and may be
 * late or hold a dead broker for up to 10 s, so it is believed only as far as the controllers say the same. In Static
 * mode nobody else can ever be master, so it is asked under its own name, whatever address is listed.
 */
export function locateMasters(
  view: ClusterView,
  nameServers: ReadonlyMap<string, Answer<ClusterInfo>>,
  syncStates: Answer<ReadonlyMap<string, SyncState>>,
): readonly Master[] {
  const infos = answered(nameServers);
  return view.groups.map((group) => {
    if (infos.length === 0) {
      const why = `no name server answers (${[...nameServers.keys()].join(', ')})`;
      return { kind: 'Unknown', group, reason: 'NameServersNotReady', why };
    }
    const listed = listedMasters(group, view.clusterName, infos);
    const fixed = view.fixedMasters?.[group];
    return fixed === undefined || listed.length === 0
      ? locateMaster(group, listed, syncStates)
      : { kind: 'Confirmed', group, address: fixed };
  });
}

function answered(nameServers: ReadonlyMap<string, Answer<ClusterInfo>>): readonly ClusterInfo[] {
  return [...nameServers.values()].flatMap((answer) => (answer.ok ? [answer.value] : []));
}

function listedReplicas(
  { groups, clusterName }: ClusterView,
  masters: readonly Master[],
  infos: readonly ClusterInfo[],
): ReadonlyMap<string, readonly string[]> {
  const taken = new Set(masters.flatMap((master) => (master.kind === 'Unknown' ? [] : [master.address])));
  return new Map(
    groups.map((group) => {
      const brokers = infos.flatMap(({ brokers: listed }) => listed.get(group) ?? []);
      const addresses = brokers
        .filter(({ cluster }) => cluster === clusterName)
        .flatMap(({ addresses: byId }) => [...byId.values()]);
      return [group, [...new Set(addresses)].filter((address) => !taken.has(address)).toSorted()];
    }),
  );
}

function locateMaster(
  group: string,
  listed: readonly string[],
  syncStates: Answer<ReadonlyMap<string, SyncState>>,
): Master {
  const unknown = (why: string): Master => ({ kind: 'Unknown', group, reason: 'MasterUnknown', why });
  if (listed.length === 0) return unknown(`no name server lists a master of ${group}`);
  if (!syncStates.ok) {
    const [only] = listed;
    return listed.length === 1 && only !== undefined
      ? {
          kind: 'Unconfirmed',
          group,
          address: only,
          why: `no controller confirms ${only} as master of ${group}`,
        }
      : unknown(
          `name servers list several masters of ${group} (${listed.join(', ')}) and no controller answers`,
        );
  }
  const elected = syncStates.value.get(group)?.masterAddress;
  if (elected === undefined) return unknown(`the controllers have no master for ${group}`);
  return listed.includes(elected)
    ? { kind: 'Confirmed', group, address: elected }
    : unknown(`mastership of ${group} is moving to ${elected}: name servers still list ${listed.join(', ')}`);
}

function listedMasters(group: string, cluster: string, infos: readonly ClusterInfo[]): readonly string[] {
  const addresses = new Set<string>();
  for (const info of infos) {
    const broker = info.brokers.get(group);
    const master = broker?.cluster === cluster ? broker.addresses.get(0) : undefined;
    if (master !== undefined) addresses.add(master);
  }
  return [...addresses].toSorted();
}

/** Those that can be read: a write may go to confirmed ones only. */
export function readable({
  masters,
}: Pick<Topology, 'masters'>): readonly Exclude<Master, { kind: 'Unknown' }>[] {
  return masters.flatMap((master) => (master.kind === 'Unknown' ? [] : [master]));
}

/** Asks every name server, and all controllers at once for the first answer: one hung controller costs nothing. */
export async function observeTopology(
  view: ClusterView,
  servers: RocketmqServers,
  options: CallOptions,
  asked: (request: ServerRequest) => void = () => undefined,
): Promise<Topology> {
  for (const _ of view.nameServers) asked('ClusterInfo');
  for (const _ of view.controllers) asked('SyncState');
  const [infos, syncStates] = await Promise.all([
    Promise.all(
      view.nameServers.map(
        async (address) => [address, await settle(servers.nameServer(address).clusterInfo(options))] as const,
      ),
    ),
    settle(
      Promise.any(
        view.controllers.map((address) => servers.controller(address).syncState(view.groups, options)),
      ),
    ),
  ]);
  options.signal?.throwIfAborted();
  const nameServers = new Map(infos);
  const masters = locateMasters(view, nameServers, syncStates);
  return {
    masters,
    replicas: listedReplicas(view, masters, answered(nameServers)),
    nameServers: infos.filter(([, answer]) => answer.ok).map(([address]) => address),
    silentNameServers: infos.flatMap(([address, answer]) =>
      answer.ok ? [] : [`name server ${address} ${whyNot(answer.error)}`],
    ),
  };
}
