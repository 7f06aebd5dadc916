import type { Consent } from '../api/mod.ts';
import { parseKey } from '../kube/mod.ts';
import { consentTo, type ConsentSubject, type NamespaceLookup } from './consent.ts';
import type { ClusterView } from './kind.ts';

/** The clusters that there are, by key, and from whom they take objects. */
export class Clusters {
  readonly #namespaces: NamespaceLookup;
  readonly #views = new Map<string, ClusterView>();

  constructor(namespaces: NamespaceLookup) {
    this.#namespaces = namespaces;
  }

  /** @param view undefined: it is gone */
  set(clusterKey: string, view: ClusterView | undefined): void {
    if (view === undefined) this.#views.delete(clusterKey);
    else this.#views.set(clusterKey, view);
  }

  /**
   * A cluster goes with its namespace, of which Kubernetes ends the pods first, and deletes the object of the cluster when they
   * are gone (OrderedNamespaceDeletion).
   */
  get(clusterKey: string): ClusterView | undefined {
    const view = this.#views.get(clusterKey);
    return view && this.#goesWithItsNamespace(clusterKey) ? { ...view, leaving: true } : view;
  }

  /** Those that go with this namespace. */
  endingWith(namespace: string): readonly string[] {
    return [...this.#views.keys()].filter(
      (key) => parseKey(key).namespace === namespace && this.#goesWithItsNamespace(key),
    );
  }

  consentTo(subject: ConsentSubject): Consent {
    return consentTo(subject, this.#views.get(subject.clusterKey), this.#namespaces);
  }

  #goesWithItsNamespace(clusterKey: string): boolean {
    return this.#namespaces(parseKey(clusterKey).namespace)?.ending === true;
  }
}
