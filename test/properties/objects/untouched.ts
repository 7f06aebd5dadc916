/** Whether what no object was ever allowed to change is byte for byte what it was. */
import { canonicalJson } from '../../../operator/src/kube/mod.ts';
import type { FakeBroker } from '../../fakes/broker.ts';
import type { World } from '../world/world.ts';
import type { WorldCluster } from '../world/world-cluster.ts';
import { ownerOfUser, type Claim } from './claims.ts';
import type { Licences } from './licences.ts';

interface Thing {
  readonly claim: Claim;
  readonly group: string;
  /** Where it is. */
  readonly place: string;
  readonly text: string;
}

export class Untouched {
  readonly #world: World;
  readonly #licences: Licences;
  #last: ReadonlyMap<string, Thing>;

  constructor(world: World, licences: Licences) {
    this.#world = world;
    this.#licences = licences;
    this.#last = this.#look();
  }

  /** Somebody else than the operator changed things. */
  accept(): void {
    this.#last = this.#look();
  }

  /** @returns what was changed, made or taken away that was nobody's to touch */
  wrongs(): readonly string[] {
    this.#licences.note();
    const now = this.#look();
    const before = this.#last;
    this.#last = now;
    return [...new Set([...before.keys(), ...now.keys()])].flatMap((place) => {
      const was = before.get(place);
      const is = now.get(place);
      const thing = is ?? was;
      if (thing === undefined || was?.text === is?.text) return [];
      const { claim, group } = thing;
      if (this.#licences.mayWrite(claim, group) || this.#licences.mayRemove(claim, group)) return [];
      return [`${place} was ${was?.text ?? 'not there'} and is ${is?.text ?? 'gone'}`];
    });
  }

  #look(): ReadonlyMap<string, Thing> {
    const things = this.#world.clusters.flatMap((cluster) => [
      ...cluster.fake.masters().flatMap((master) => onMaster(cluster, master)),
      ...cluster.brokers.flatMap((broker) => onMember(cluster, broker)),
    ]);
    return new Map(things.map((thing) => [thing.place, thing]));
  }
}

/** Topics with their messages, and groups. Retry and dead letter topics belong to a group that may go: the audit sees to them. */
function onMaster(cluster: WorldCluster, { identity, topics, groups, store }: FakeBroker): readonly Thing[] {
  const group = identity.brokerName;
  const thing = (kind: Claim['kind'], name: string, value: unknown): Thing => ({
    claim: { kind, cluster: cluster.key, name },
    group,
    place: `${kind} ${name} on ${cluster.key} ${group}`,
    text: canonicalJson(value),
  });
  return [
    ...topics
      .list()
      .filter(({ topicName }) => !topicName.startsWith('%'))
      .map((topic) =>
        thing('Topic', topic.topicName, [topic, [...(store.messages.get(topic.topicName) ?? [])]]),
      ),
    ...[...groups].map(([name, fields]) => thing('ConsumerGroup', name, fields)),
  ];
}

function onMember(cluster: WorldCluster, { identity, store }: FakeBroker): readonly Thing[] {
  const group = identity.brokerName;
  const names = new Set([
    ...store.users.keys(),
    ...[...store.acls.keys()].map((key) => key.replace(/^User:/, '')),
  ]);
  return [...names].map((name) => ({
    claim: { kind: 'User', cluster: cluster.key, name: ownerOfUser(name) },
    group,
    place: `User ${name} on ${cluster.key} ${group}-${identity.id}`,
    text: canonicalJson([store.users.get(name) ?? null, store.acls.get(`User:${name}`) ?? null]),
  }));
}
