/** Who declares what, as the objects in Kubernetes say: read anew, without the code of the operator. */
import type { Declared, Kind, World } from '../world/world.ts';
import type { WorldCluster } from '../world/world-cluster.ts';

/** One name of one kind on one cluster. */
export interface Claim {
  readonly kind: Kind;
  /** `namespace/name` */
  readonly cluster: string;
  readonly name: string;
}

interface Spec {
  readonly clusterRef: { readonly name: string };
  readonly topicName?: string;
  readonly groupName?: string;
  readonly userName?: string;
  readonly brokerGroups?: readonly string[];
  readonly adoptionPolicy?: 'Adopt' | 'Fail' | 'Observe';
  readonly deletionPolicy: 'Retain' | 'Delete';
}

export interface Said {
  readonly kind: Kind;
  readonly object: Declared;
  readonly claim: Claim;
  readonly adoption: 'Adopt' | 'Fail' | 'Observe';
  readonly deletes: boolean;
  /** Broker groups that it is declared on, of those that there are. */
  readonly groups: readonly string[];
  /** It is declared on one that there is not. */
  readonly misplaced: boolean;
  readonly leaving: boolean;
}

export function textOf({ kind, cluster, name }: Claim): string {
  return `${kind} ${name} of ${cluster}`;
}

export function said(kind: Kind, object: Declared, world: World): Said {
  const given: object = object.spec;
  const spec: Spec = JSON.parse(JSON.stringify(given));
  const { namespace = '', name: own } = object.metadata;
  const name = spec.topicName ?? spec.groupName ?? spec.userName ?? own;
  const cluster = world.cluster(`${namespace}/${spec.clusterRef.name}`);
  return {
    kind,
    object,
    claim: { kind, cluster: cluster.key, name },
    adoption: spec.adoptionPolicy ?? 'Adopt',
    deletes: spec.deletionPolicy === 'Delete' && spec.adoptionPolicy !== 'Observe',
    groups: cluster.fake.groupNames.filter((group) => spec.brokerGroups?.includes(group) ?? true),
    misplaced: spec.brokerGroups?.some((group) => !cluster.fake.groupNames.includes(group)) ?? false,
    leaving: object.metadata.deletionTimestamp !== undefined,
  };
}

export const kinds: readonly Kind[] = ['Topic', 'ConsumerGroup', 'User'];

/** Of each claim all that make it, the one first that owns it: who is not leaving, then who is older, then by its key. */
export function claims(world: World): ReadonlyMap<string, readonly Said[]> {
  const all = kinds.flatMap((kind) => world.stored(kind).map((object) => said(kind, object, world)));
  const sorted = all.toSorted(
    (a, b) =>
      Number(a.leaving) - Number(b.leaving) ||
      inOrder(a.object.metadata.creationTimestamp, b.object.metadata.creationTimestamp) ||
      inOrder(keyOf(a.object), keyOf(b.object)),
  );
  return Map.groupBy(sorted, ({ claim }) => textOf(claim));
}

function inOrder(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}

export function keyOf({ metadata }: Declared): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Names of users in RocketMQ that belong to the User of a name. */
export function usersOf(name: string): readonly string[] {
  return [name, `${name}.a`, `${name}.b`];
}

/** The User that a user in RocketMQ belongs to. */
export function ownerOfUser(username: string): string {
  return username.replace(/\.[ab]$/, '');
}

/** Broker groups that its status claims. */
export function claimedBy({ status = {} }: Declared): readonly string[] {
  const told: object = status;
  const { ownedOn = [] }: { readonly ownedOn?: readonly string[] } = told;
  return ownedOn;
}

/** Groups whose master has it, or for users any member. */
export function heldOn(cluster: WorldCluster, { kind, name }: Claim): readonly string[] {
  return cluster.fake.groupNames.filter((group) => {
    if (kind === 'User')
      return cluster.fake
        .brokers(group)
        .some(({ store }) => usersOf(name).some((user) => store.users.has(user)));
    const { topics, groups } = cluster.fake.master(group);
    return kind === 'Topic' ? topics.get(name) !== undefined : groups.has(name);
  });
}
