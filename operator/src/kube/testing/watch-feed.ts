import type { KubeError } from '../errors.ts';
import type { KubeObject, WatchEvent } from '../types.ts';

/** One open watch of the fake: a queue that the server fills and one reader empties. */
export class WatchFeed implements AsyncIterable<WatchEvent<KubeObject>> {
  readonly #matches: (object: KubeObject) => boolean;
  readonly #events: WatchEvent<KubeObject>[] = [];
  #ended = false;
  #error: KubeError | undefined;
  #wake: (() => void) | undefined;

  constructor(matches: (object: KubeObject) => boolean) {
    this.#matches = matches;
  }

  push(event: WatchEvent<KubeObject>): void {
    const concernsUs = event.type === 'BOOKMARK' || event.type === 'ERROR' || this.#matches(event.object);
    if (concernsUs) this.#events.push(structuredClone(event));
    this.#wake?.();
  }

  end(error?: KubeError): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<KubeObject>, void, undefined> {
    for (;;) {
      const event = this.#error === undefined ? this.#events.shift() : undefined;
      if (event !== undefined) yield event;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        this.#wake = undefined;
      }
    }
  }
}
