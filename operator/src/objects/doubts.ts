import type { Clock } from '../kube/mod.ts';

/**
 * Since when answers about objects that were Ready have been missing, by cluster. Others do not count: one that has never
 * got there is in every pass, and would end the patience with all others for good.
 */
export class Doubts {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #holdMs: number;
  readonly #sinceMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, holdMs: number) {
    this.#clock = clock;
    this.#holdMs = holdMs;
  }

  /** Whether doubts are young enough to leave Ready objects Ready. */
  holds(clusterKey: string): boolean {
    const sinceMs = this.#sinceMs.get(clusterKey);
    return sinceMs === undefined || this.#clock.monotonicMs() - sinceMs < this.#holdMs;
  }

  /**
   * @param some whether a pass that asked had any about an object that was Ready
   * @returns `holds`
   */
  note(clusterKey: string, some: boolean): boolean {
    if (!some) this.#sinceMs.delete(clusterKey);
    else if (!this.#sinceMs.has(clusterKey)) this.#sinceMs.set(clusterKey, this.#clock.monotonicMs());
    return this.holds(clusterKey);
  }
}
