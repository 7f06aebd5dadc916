import { keyOf, parseKey } from '../kube/mod.ts';
import { compareText } from '../compare-text.ts';
import type { DeclaredObject, Declaration } from './kind.ts';

/** An object with what its spec says. */
export interface Member<O, Desired> {
  readonly key: string;
  readonly object: O;
  readonly declaration: Declaration<Desired>;
  /** `namespace/name` of the RocketMQCluster it belongs to. */
  readonly clusterKey: string;
}

/**
 * All declared objects of one kind, by cluster and by the name they claim there. Fed by the informer; holds no
 * copy of an object, only references.
 */
export class Roster<O extends DeclaredObject, Desired> {
  readonly #declare: (object: O) => Declaration<Desired>;
  readonly #members = new Map<string, Member<O, Desired>>();
  readonly #byCluster = new Map<string, Set<string>>();
  readonly #byClaim = new Map<string, Set<string>>();

  constructor(declare: (object: O) => Declaration<Desired>) {
    this.#declare = declare;
  }

  get size(): number {
    return this.#members.size;
  }

  get(key: string): Member<O, Desired> | undefined {
    return this.#members.get(key);
  }

  set(object: O): Member<O, Desired> {
    this.delete(keyOf(object));
    const declaration = this.#declare(object);
    const { clusterKey } = declaration;
    const member = { key: keyOf(object), object, declaration, clusterKey };
    this.#members.set(member.key, member);
    addTo(this.#byCluster, clusterKey, member.key);
    const claim = claimOf(member);
    if (claim !== undefined) addTo(this.#byClaim, claim, member.key);
    return member;
  }

  delete(key: string): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    this.#members.delete(key);
    removeFrom(this.#byCluster, member.clusterKey, key);
    const claim = claimOf(member);
    if (claim !== undefined) removeFrom(this.#byClaim, claim, key);
  }

  keysOfCluster(clusterKey: string): readonly string[] {
    return [...(this.#byCluster.get(clusterKey) ?? [])];
  }

  /** Clusters of other namespaces that objects of this one refer to. */
  clustersElsewhere(namespace: string): ReadonlySet<string> {
    const clusterKeys = [...this.#members.values()]
      .filter(({ object }) => object.metadata.namespace === namespace)
      .map(({ clusterKey }) => clusterKey);
    return new Set(clusterKeys.filter((key) => parseKey(key).namespace !== namespace));
  }

  clusterKeys(): readonly string[] {
    return [...this.#byCluster.keys()];
  }

  /** Everyone who declares the same name on the same cluster, itself included. */
  rivals(member: Member<O, Desired>): readonly Member<O, Desired>[] {
    const claim = claimOf(member);
    if (claim === undefined) return [member];
    return [...(this.#byClaim.get(claim) ?? [])].flatMap((key) => this.#members.get(key) ?? []);
  }

  /**
   * The one member that owns what this one declares; itself when nobody was earlier.
   *
   * @param mayOwn of the others
   */
  owner(
    member: Member<O, Desired>,
    mayOwn: (rival: Member<O, Desired>) => boolean = () => true,
  ): Member<O, Desired> {
    return this.rivals(member)
      .filter(mayOwn)
      .reduce((first, next) => (isBefore(next.object, first.object) ? next : first), member);
  }
}

/**
 * First declared wins: an object that is being deleted last of all, then the older one, then the smaller
 * `namespace/name`. Every operator process finds the same winner from the objects alone.
 */
function isBefore(a: DeclaredObject, b: DeclaredObject): boolean {
  return compareClaims(a, b) < 0;
}

export function compareClaims(a: DeclaredObject, b: DeclaredObject): number {
  const leaving = Number(isLeaving(a)) - Number(isLeaving(b));
  return (
    leaving ||
    // RFC 3339 in UTC with whole seconds, as Kubernetes writes it, sorts as text.
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(keyOf(a), keyOf(b))
  );
}

export function isLeaving(object: DeclaredObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

function claimOf<O, Desired>(member: Member<O, Desired>): string | undefined {
  return member.declaration.ok ? `${member.clusterKey}|${member.declaration.name}` : undefined;
}

function addTo(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys === undefined) index.set(name, new Set([key]));
  else keys.add(key);
}

function removeFrom(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(name);
}
