import type { Master, RocketmqServers } from '../objects/mod.ts';
import type { CallOptions, ConsumerAdmin } from '../rocketmq/mod.ts';
import { answerOf, untilSilent } from './ask.ts';

export interface LagServers extends RocketmqServers {
  proxy(address: string): ConsumerAdmin;
}

/** Ids of the clients of a group that are connected, each once in a set. */
export interface Clients {
  readonly ofBrokers: ReadonlySet<string>;
  readonly ofProxies: ReadonlySet<string>;
  /** Somebody reads the group as a broadcast. */
  readonly broadcast: boolean;
}

/**
 * Clients of each group, connected to masters or proxies; groups of which that is unknown are absent. One proxy tells of the
 * clients of all.
 *
 * @throws only the signal's reason
 */
export async function observeClients(
  masters: readonly Master[],
  proxy: string,
  groups: readonly string[],
  servers: LagServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, Clients>> {
  const clients = new Map(
    groups.map((group) => [
      group,
      { ofBrokers: new Set<string>(), ofProxies: new Set<string>(), broadcast: false },
    ]),
  );
  const unknown = new Set<string>();
  const ask = async (host: ConsumerAdmin | undefined, side: 'ofBrokers' | 'ofProxies'): Promise<void> => {
    const open = new Set(groups);
    await untilSilent(host === undefined ? [] : groups, async (group) => {
      const told = host === undefined ? 'Silent' : await answerOf(host.consumers(group, options));
      if (typeof told === 'string') return told !== 'Silent';
      const known = clients.get(group);
      for (const id of told.clientIds) known?.[side].add(id);
      if (known !== undefined && told.broadcast) known.broadcast = true;
      open.delete(group);
      return true;
    });
    for (const group of open) unknown.add(group);
  };
  await Promise.all([
    ...masters.map(async (master) =>
      ask(master.kind === 'Unknown' ? undefined : servers.broker(master.address), 'ofBrokers'),
    ),
    ask(servers.proxy(proxy), 'ofProxies'),
  ]);
  options.signal?.throwIfAborted();
  return new Map([...clients].filter(([group]) => !unknown.has(group)));
}

/** How many there are of each group; groups of which that is unknown are absent. @throws only the signal's reason */
export async function observeMembers(
  masters: readonly Master[],
  proxy: string,
  groups: readonly string[],
  servers: LagServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const clients = await observeClients(masters, proxy, groups, servers, options);
  return new Map(
    [...clients].map(([group, each]) => [group, new Set([...each.ofBrokers, ...each.ofProxies]).size]),
  );
}
