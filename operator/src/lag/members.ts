import type { Master, RocketmqServers } from '../objects/mod.ts';
import type { CallOptions, ConsumerAdmin } from '../rocketmq/mod.ts';
import { answerOf, untilSilent } from './ask.ts';

export interface LagServers extends RocketmqServers {
  proxy(address: string): ConsumerAdmin;
}

/**
 * Clients of each group that are connected, to masters or proxies, each once; groups of which that is unknown are absent. One
 * proxy tells of the clients of all.
 *
 * @throws only the signal's reason
 */
export async function observeMembers(
  masters: readonly Master[],
  proxy: string,
  groups: readonly string[],
  servers: LagServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const hosts = [
    ...masters.map((master) => (master.kind === 'Unknown' ? undefined : servers.broker(master.address))),
    servers.proxy(proxy),
  ];
  const clients = new Map(groups.map((group) => [group, new Set<string>()]));
  const unknown = new Set<string>();
  await Promise.all(
    hosts.map(async (host) => {
      const open = new Set(groups);
      await untilSilent(host === undefined ? [] : groups, async (group) => {
        const ids = host === undefined ? 'Silent' : await answerOf(host.consumerClients(group, options));
        if (typeof ids === 'string') return ids !== 'Silent';
        for (const id of ids) clients.get(group)?.add(id);
        open.delete(group);
        return true;
      });
      for (const group of open) unknown.add(group);
    }),
  );
  options.signal?.throwIfAborted();
  return new Map([...clients].flatMap(([group, ids]) => (unknown.has(group) ? [] : [[group, ids.size]])));
}
