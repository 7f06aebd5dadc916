/** The finalizer of objects that take something from the brokers when they go. */
import {
  addFinalizer,
  hasFinalizer,
  removeFinalizer,
  type FinalizerApi,
  type Logger,
  type ResourceType,
} from '../kube/mod.ts';
import { forEachLimited } from './concurrency.ts';
import type { DeclaredObject } from './kind.ts';

const finalizer = 'rocketmq.gantry.dev/delete-from-brokers';
/** Writes to the API server at once. */
const LANES = 16;

export interface CustodyDeps {
  readonly api: FinalizerApi;
  readonly log: Logger;
  readonly timeoutMs: number;
}

export function isHeld(object: DeclaredObject): boolean {
  return hasFinalizer(object, finalizer);
}

export class Custody<O extends DeclaredObject> {
  readonly #type: ResourceType<O>;
  readonly #deps: CustodyDeps;

  constructor(type: ResourceType<O>, deps: CustodyDeps) {
    this.#type = type;
    this.#deps = deps;
  }

  /** @returns those that the API server did not store it for, and why */
  async hold(objects: readonly O[], signal: AbortSignal): Promise<ReadonlyMap<O, unknown>> {
    return this.#each(objects, signal, async (object, options) =>
      addFinalizer(this.#deps.api, this.#type, object, finalizer, options),
    );
  }

  /** @returns those that have it still, and why */
  async release(objects: readonly O[], signal: AbortSignal): Promise<ReadonlyMap<O, unknown>> {
    return this.#each(objects, signal, async (object, options) =>
      removeFinalizer(this.#deps.api, this.#type, object, finalizer, options),
    );
  }

  async #each(
    objects: readonly O[],
    signal: AbortSignal,
    write: (
      object: O,
      options: { readonly signal: AbortSignal; readonly timeoutMs: number },
    ) => Promise<void>,
  ): Promise<ReadonlyMap<O, unknown>> {
    const { log, timeoutMs } = this.#deps;
    const failed = new Map<O, unknown>();
    await forEachLimited(objects, LANES, async (object) => {
      try {
        await write(object, { signal, timeoutMs });
      } catch (error) {
        signal.throwIfAborted();
        const { namespace, name } = object.metadata;
        log.warn({ key: `${namespace}/${name}`, error }, 'the finalizer could not be written');
        failed.set(object, error);
      }
    });
    return failed;
  }
}
