import { setTimeout as sleep } from 'node:timers/promises';
import { Topics, type Topic } from '../../operator/src/api/mod.ts';
import { Informer, isTrue, silentLogger, systemClock, type KubeApi } from '../../operator/src/kube/mod.ts';
import { forEachLimited } from '../../operator/src/objects/concurrency.ts';
import { benchTopic } from './bench-objects.ts';

/** As many requests at once as `kubectl apply` with several files or a GitOps tool would have. */
const APPLIES_IN_FLIGHT = 32;
const POLL_MS = 20;

export interface Burst {
  /** From the first request until the last topic was seen Ready. */
  readonly readyMs: number;
  /** Of that, until the API server had taken all objects. */
  readonly appliedMs: number;
}

/** All topics of the benchmark, and a watch on them. */
export class TopicFleet {
  readonly #client: KubeApi;
  readonly #namespace: string;
  readonly #informer: Informer<Topic>;
  readonly #ready = new Set<string>();
  readonly #names: string[] = [];

  constructor(client: KubeApi, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#informer = new Informer({
      client,
      type: Topics,
      namespace,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    this.#informer.onChange(({ type, object }) => {
      const { name, generation } = object.metadata;
      const isReady =
        isTrue(object.status?.conditions, 'Ready') && object.status?.observedGeneration === generation;
      if (type !== 'Deleted' && isReady) this.#ready.add(name);
      else this.#ready.delete(name);
    });
  }

  get size(): number {
    return this.#names.length;
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#informer.run(signal);
  }

  /** Applies new topics at once and waits until each is Ready. */
  async apply(prefix: string, count: number, timeoutMs: number): Promise<Burst> {
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const startedAt = performance.now();
    await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => {
      await this.#client.apply(Topics, benchTopic(this.#namespace, name), { timeoutMs: 60_000 });
    });
    const appliedMs = performance.now() - startedAt;
    this.#names.push(...names);
    while (!names.every((name) => this.#ready.has(name))) {
      const readyMs = performance.now() - startedAt;
      if (readyMs > timeoutMs) throw new Error(this.#complaint(names, readyMs));
      await sleep(POLL_MS);
    }
    return { readyMs: performance.now() - startedAt, appliedMs };
  }

  /** Resource versions of all topics: equal before and after means that nobody wrote to any. */
  async versions(): Promise<ReadonlyMap<string, string>> {
    const versions = new Map<string, string>();
    let token: string | undefined;
    do {
      const page = await this.#client.list(Topics, {
        namespace: this.#namespace,
        limit: 500,
        ...(token === undefined ? {} : { continue: token }),
      });
      for (const { metadata } of page.items) versions.set(metadata.name, metadata.resourceVersion ?? '');
      token = page.continue;
    } while (token !== undefined);
    return versions;
  }

  #complaint(names: readonly string[], afterMs: number): string {
    const missing = names.filter((name) => !this.#ready.has(name));
    const [example = ''] = missing;
    const conditions = this.#informer.store.get({ namespace: this.#namespace, name: example })?.status
      ?.conditions;
    return `${missing.length} of ${names.length} topics are not Ready after ${Math.round(afterMs)} ms; ${example}: ${JSON.stringify(conditions)}`;
  }
}
