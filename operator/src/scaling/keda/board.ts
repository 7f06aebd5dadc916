/** What was decided last for each group that KEDA scales, by key of the ConsumerGroup. */
export interface KedaAnswer {
  /** That the target is set to. */
  readonly current: number;
  readonly decided: number;
}

type Listener = (key: string, answer: KedaAnswer | undefined) => void;

export class KedaBoard {
  readonly #answers = new Map<string, KedaAnswer>();
  readonly #listeners = new Set<Listener>();
  readonly #asked = Promise.withResolvers<void>();

  /** Resolves when some group asks for KEDA. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** @returns undefined: nothing is known of it, and KEDA is to leave its target as it is */
  get(key: string): KedaAnswer | undefined {
    return this.#answers.get(key);
  }

  set(key: string, answer: KedaAnswer): void {
    this.#answers.set(key, answer);
    this.#asked.resolve();
    this.#tell(key, answer);
  }

  delete(key: string): void {
    if (this.#answers.delete(key)) this.#tell(key, undefined);
  }

  /** @returns what ends it */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(key: string, answer: KedaAnswer | undefined): void {
    for (const listener of this.#listeners) listener(key, answer);
  }
}
