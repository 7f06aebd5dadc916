import { Informer, Pods, type Clock, type KubeApi, type Logger, type Pod, type Random } from '../kube/mod.ts';
import { slimPod } from './target.ts';

export interface PodWatchDeps {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Watch {
  readonly informer: Informer<Pod>;
  readonly stop: AbortController;
  usedAtMs: number;
}

/** Its group is polled many times within. */
const UNUSED_MS = 120_000;

/** The pods of scaled workloads: one watch a selector, while somebody asks for it. */
export class PodWatches {
  readonly #deps: PodWatchDeps;
  readonly #watches = new Map<string, Watch>();

  constructor(deps: PodWatchDeps) {
    this.#deps = deps;
  }

  /** @returns undefined: not listed yet */
  of(namespace: string, selector: string): readonly Pod[] | undefined {
    this.#endUnused();
    const key = `${namespace} ${selector}`;
    const watch = this.#watches.get(key) ?? this.#begin(key, namespace, selector);
    watch.usedAtMs = this.#deps.clock.monotonicMs();
    return watch.informer.hasSynced() ? watch.informer.store.list() : undefined;
  }

  end(): void {
    for (const { stop } of this.#watches.values()) stop.abort(new Error('nobody asks for these pods'));
    this.#watches.clear();
  }

  #begin(key: string, namespace: string, labelSelector: string): Watch {
    const { clock, log } = this.#deps;
    const informer = new Informer({
      ...this.#deps,
      type: Pods,
      namespace,
      labelSelector,
      transform: slimPod,
    });
    const stop = new AbortController();
    const watch = { informer, stop, usedAtMs: clock.monotonicMs() };
    this.#watches.set(key, watch);
    informer.run(stop.signal).catch((error: unknown) => {
      log.error({ namespace, labelSelector, err: error }, 'the watch of scaled pods ended');
      this.#watches.delete(key);
    });
    return watch;
  }

  #endUnused(): void {
    const since = this.#deps.clock.monotonicMs() - UNUSED_MS;
    for (const [key, { stop, usedAtMs }] of this.#watches) {
      if (usedAtMs > since) continue;
      stop.abort(new Error('nobody asks for these pods'));
      this.#watches.delete(key);
    }
  }
}
