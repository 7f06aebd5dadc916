/** Every request of the operator that changes something, held against what the objects allow. */
import type { Command } from '../../../operator/src/rocketmq/codec/command.ts';
import { requestCodes, writes, type RequestName } from '../../../operator/src/rocketmq/codes.ts';
import type { World } from '../world/world.ts';
import type { WorldCluster } from '../world/world-cluster.ts';
import { ownerOfUser, type Claim } from './claims.ts';
import type { Licences } from './licences.ts';

/** Longer than any pass that had begun before. */
const passMs = 70_000;

const namesOfCodes: ReadonlyMap<number, RequestName> = new Map(
  [...writes].map((name) => [requestCodes[name], name]),
);

interface Place {
  readonly cluster: WorldCluster;
  /** Nothing for a name server or a controller. */
  readonly group: string | undefined;
}

/** What one request is about. */
interface Change {
  readonly kind: 'write' | 'remove';
  readonly claim: Claim;
}

export class Audit {
  /** Requests so far that change something. */
  count = 0;
  /** What should never have been asked for. */
  readonly wrongs: string[] = [];
  readonly #world: World;
  readonly #licences: Licences;
  readonly #pausedSinceMs = new Map<string, number>();

  constructor(world: World, licences: Licences) {
    this.#world = world;
    this.#licences = licences;
    world.network.onRequest = (address, request) => this.#see(address, request);
  }

  paused(cluster: string, paused: boolean): void {
    if (!paused) this.#pausedSinceMs.delete(cluster);
    else if (!this.#pausedSinceMs.has(cluster))
      this.#pausedSinceMs.set(cluster, this.#world.clock.monotonicMs());
  }

  #see(address: string, request: Command): void {
    const name = namesOfCodes.get(request.code);
    const place = this.#placeOf(address);
    if (name === undefined || place === undefined) return;
    this.count += 1;
    const { cluster, group } = place;
    // A route has no group: whoever may take the topic away may take its route.
    const groups = group === undefined ? cluster.fake.groupNames : [group];
    this.#licences.note();
    for (const { kind, claim } of changesIn(name, request, cluster)) {
      const wanted = groups.some((each) => this.#licences.mayWrite(claim, each));
      // Of the users by turns those that a User does not have any more go while it stays.
      if (wanted && (kind === 'write' || name === 'authDeleteUser')) continue;
      const goes = kind === 'remove' && groups.some((each) => this.#mayRemove(claim, each, cluster, name));
      const what = `${name} of ${claim.kind} ${claim.name} on ${cluster.key} ${group ?? address}`;
      if (!goes) this.wrongs.push(`${what}: nobody asked for it`);
      else if (this.#isPaused(cluster.key)) this.wrongs.push(`${what}: it is paused`);
    }
  }

  #isPaused(cluster: string): boolean {
    const sinceMs = this.#pausedSinceMs.get(cluster);
    return sinceMs !== undefined && this.#world.clock.monotonicMs() - sinceMs > passMs;
  }

  /** With a group its retry topics go, and its dead letters if there are none; with a topic the routes of its retry topics. */
  #mayRemove(claim: Claim, group: string, cluster: WorldCluster, name: RequestName): boolean {
    if (this.#licences.mayRemove(claim, group)) return true;
    const topic = claim.name;
    const [, prefix, rest = ''] = /^%(RETRY|DLQ)%(.*)$/.exec(topic) ?? [];
    if (prefix === undefined) return false;
    const goes = (kind: Claim['kind'], of: string): boolean =>
      this.#licences.mayRemove({ kind, cluster: cluster.key, name: of }, group);
    if (goes('ConsumerGroup', rest)) return true;
    if (prefix === 'DLQ') return false;
    // Of POP: `group_topic`, unless that is the name of a group that stays.
    const isOfAnother = cluster.fake.master(group).groups.has(rest) && name !== 'deleteTopicInNameServer';
    const parts = [...rest.matchAll(/[_+]/g)].map(({ index }) => [
      rest.slice(0, index),
      rest.slice(index + 1),
    ]);
    return (
      !isOfAnother && parts.some(([of = '', about = '']) => goes('ConsumerGroup', of) || goes('Topic', about))
    );
  }

  #placeOf(address: string): Place | undefined {
    for (const cluster of this.#world.clusters) {
      const broker = cluster.brokers.find((each) => each.address === address);
      if (broker !== undefined) return { cluster, group: broker.identity.brokerName };
      const { nameServerAddresses, controllerAddresses } = cluster.fake;
      if ([...nameServerAddresses, ...controllerAddresses].includes(address))
        return { cluster, group: undefined };
    }
    return undefined;
  }
}

type Named = readonly [kind: Change['kind'], of: Claim['kind'], names: readonly (string | undefined)[]];

/** By the request: what it changes, and the names of it. */
const namesIn: Readonly<Partial<Record<RequestName, (request: Command) => Named>>> = {
  updateAndCreateTopic: ({ extFields }) => ['write', 'Topic', [extFields['topic']]],
  updateAndCreateTopicList: (request) => ['write', 'Topic', listed(request, 'topicConfigList', 'topicName')],
  deleteTopicInBroker: ({ extFields }) => ['remove', 'Topic', [extFields['topic']]],
  deleteTopicInNameServer: ({ extFields }) => ['remove', 'Topic', [extFields['topic']]],
  updateAndCreateSubscriptionGroup: (request) => [
    'write',
    'ConsumerGroup',
    listed(request, undefined, 'groupName'),
  ],
  updateAndCreateSubscriptionGroupList: (request) => [
    'write',
    'ConsumerGroup',
    listed(request, 'groupConfigList', 'groupName'),
  ],
  deleteSubscriptionGroup: ({ extFields }) => ['remove', 'ConsumerGroup', [extFields['groupName']]],
  invokeBrokerToResetOffset: ({ extFields }) => ['write', 'ConsumerGroup', [extFields['group']]],
  authCreateUser: ({ extFields }) => ['write', 'User', [extFields['username']]],
  authUpdateUser: ({ extFields }) => ['write', 'User', [extFields['username']]],
  authDeleteUser: ({ extFields }) => ['remove', 'User', [extFields['username']]],
  authUpdateAcl: ({ extFields }) => ['write', 'User', [extFields['subject']]],
  authDeleteAcl: ({ extFields }) => ['write', 'User', [extFields['subject']]],
};

function changesIn(request: RequestName, command: Command, cluster: WorldCluster): readonly Change[] {
  // Nobody has a licence for what is not listed.
  const [kind, of, names] = namesIn[request]?.(command) ?? ['write', 'Topic', [`(${request})`]];
  return names.map((name = '') => {
    const own = of === 'User' ? ownerOfUser(name.replace(/^User:/, '')) : name;
    return { kind, claim: { kind: of, cluster: cluster.key, name: own } };
  });
}

/** @param list nothing: the body is the item itself */
function listed(request: Command, list: string | undefined, field: string): readonly string[] {
  const body: Readonly<Record<string, unknown>> = JSON.parse(request.body.toString('utf8'));
  const items: readonly Readonly<Record<string, string>>[] = JSON.parse(
    JSON.stringify(list === undefined ? [body] : body[list]),
  );
  return items.map((item) => item[field] ?? '');
}
