/** Where the objects of a kind are on a cluster, and how that is called. */
import type { CallOptions } from '../rocketmq/mod.ts';
import type { ClusterView, PendingReason, Places } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import type { BrokerRole } from './problems.ts';
import { observeTopology, type RocketmqServers, type Topology } from './topology.ts';

/** Who is to be looked at. Of what nobody copies each member counts as the master of a group of its own. */
export async function observePlaces(
  places: Places,
  view: ClusterView,
  servers: RocketmqServers,
  options: CallOptions,
  asked: (request: ServerRequest) => void,
): Promise<Topology> {
  return places === 'Masters' ? observeTopology(view, servers, options, asked) : membersOf(view);
}

/** Nobody has to be asked: a member is a member, whoever is master. */
function membersOf({ members }: ClusterView): Topology {
  return {
    masters: members.map(({ name, address }) => ({ kind: 'Confirmed', group: name, address })),
    replicas: new Map(),
    nameServers: [],
    silentNameServers: [],
  };
}

export function namesOfPlaces(places: Places, view: ClusterView | undefined): readonly string[] {
  if (view === undefined) return [];
  return places === 'Masters' ? view.groups : view.members.map(({ name }) => name);
}

export function roleIn(places: Places): BrokerRole {
  return places === 'Masters' ? 'the master' : 'a member';
}

export function notEverywhere(places: Places): PendingReason {
  return places === 'Masters' ? 'NotOnEveryMaster' : 'NotOnEveryMember';
}
