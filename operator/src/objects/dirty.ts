/** Why an object is looked at: somebody changed it, or it is time for a look. */
export type Urgency = 'Edit' | 'Look';

/** Which objects of which cluster wait for a pass. An object waits once; an edit outranks a look. */
export class DirtySets {
  readonly #clusters = new Map<string, Map<string, Urgency>>();

  add(clusterKey: string, key: string, urgency: Urgency): void {
    const keys = this.#clusters.get(clusterKey);
    if (keys === undefined) this.#clusters.set(clusterKey, new Map([[key, urgency]]));
    else if (keys.get(key) !== 'Edit') keys.set(key, urgency);
  }

  size(clusterKey: string): number {
    return this.#clusters.get(clusterKey)?.size ?? 0;
  }

  /** Hands over all that waits; what is added from now on waits for the next pass. */
  take(clusterKey: string): ReadonlyMap<string, Urgency> {
    const keys = this.#clusters.get(clusterKey) ?? new Map<string, Urgency>();
    this.#clusters.delete(clusterKey);
    return keys;
  }

  restore(clusterKey: string, keys: ReadonlyMap<string, Urgency>): void {
    for (const [key, urgency] of keys) this.add(clusterKey, key, urgency);
  }
}
