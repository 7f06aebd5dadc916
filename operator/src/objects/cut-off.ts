/**
 * Ends what waits for the brokers of a cluster as soon as the cluster goes: they go with it, and nothing that they answer
 * would count any more, while objects that are to go with it wait.
 */
export class CutOffs {
  readonly #working = new Map<string, AbortController>();

  /**
   * One at a time for a cluster.
   *
   * @returns undefined: the cluster went meanwhile
   * @throws what the work throws by itself, and the reason of the signal
   */
  async run<T>(
    clusterKey: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const going = new AbortController();
    this.#working.set(clusterKey, going);
    try {
      return await work(AbortSignal.any([signal, going.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!going.signal.aborted) throw error;
      return undefined;
    } finally {
      this.#working.delete(clusterKey);
    }
  }

  end(clusterKey: string): void {
    this.#working.get(clusterKey)?.abort();
  }
}
