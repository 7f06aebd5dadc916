import {
  keyOf,
  KubeError,
  type ApplyIntent,
  type Change,
  type FinalizerApi,
  type InformerFace,
} from '../../kube/mod.ts';
import type { DeclaredObject, DeclaredStatus } from '../kind.ts';

interface Sent {
  readonly metadata: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly finalizers?: readonly string[];
  };
  readonly status?: DeclaredStatus;
}

/**
 * The API server and the informer of one kind in memory: statuses and finalizers that are applied come back as changes, a
 * turn of the event loop later, as they do from a watch.
 */
export class ObjectServer<O extends DeclaredObject> {
  /** Status writes accepted. */
  writes = 0;
  /** Makes the next status writes fail. */
  failures: KubeError[] = [];
  /** Makes every write of finalizers fail while it is set. */
  finalizerFailure: KubeError | undefined;
  /** How many of the next writes that take finalizers off come too late. */
  conflicts = 0;
  readonly #objects = new Map<string, O>();
  readonly #handlers: ((change: Change<O>) => void)[] = [];
  #version = 0;

  readonly informer: Pick<InformerFace<O>, 'onChange'> = {
    onChange: (handler) => {
      this.#handlers.push(handler);
      for (const object of this.#objects.values()) handler({ type: 'Added', object });
    },
  };

  readonly api: FinalizerApi = {
    apply: async (_type, intent, { subresource }) => {
      await Promise.resolve();
      if (subresource !== 'status') return this.#applyFinalizers(intent);
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      return this.#applyStatus(intent);
    },
    mergePatch: async (_type, { namespace, name }, patch) => {
      await Promise.resolve();
      return this.#setFinalizers(`${namespace}/${name}`, JSON.parse(JSON.stringify(patch)));
    },
  };

  /** Whoever watched is gone. */
  forgetWatchers(): void {
    this.#handlers.length = 0;
  }

  get(key: string): O {
    const object = this.#objects.get(key);
    if (object === undefined) throw new RangeError(`no object ${key}`);
    return object;
  }

  list(): readonly O[] {
    return [...this.#objects.values()];
  }

  /** Creates it, or edits its spec: the generation moves. */
  put(object: O): void {
    const previous = this.#objects.get(keyOf(object));
    const generation = (previous?.metadata.generation ?? 0) + 1;
    const uid = previous?.metadata.uid ?? `uid-${this.#version}`;
    const finalizers = previous?.metadata.finalizers ?? [];
    const creationTimestamp = '2026-01-01T00:00:00Z';
    const metadata = { creationTimestamp, finalizers, ...object.metadata, generation, uid };
    const status = previous?.status === undefined ? {} : { status: previous.status };
    this.#store({ ...object, ...status, metadata }, previous);
  }

  /** As a person does: it goes at once, or as soon as its finalizers are taken off. */
  delete(key: string): void {
    const previous = this.get(key);
    if ((previous.metadata.finalizers ?? []).length === 0) return this.#remove(previous);
    const generation = (previous.metadata.generation ?? 0) + 1;
    const metadata = { ...previous.metadata, generation, deletionTimestamp: '2026-01-02T00:00:00Z' };
    this.#store({ ...previous, metadata }, previous);
    return undefined;
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  #applyStatus(intent: ApplyIntent): O {
    const { previous, sent } = this.#receive(intent);
    this.writes += 1;
    return this.#store(
      { ...previous, ...(sent.status === undefined ? {} : { status: sent.status }) },
      previous,
    );
  }

  /** Who applies owns what it sends, and takes nothing away from others. */
  #applyFinalizers(intent: ApplyIntent): O {
    if (this.finalizerFailure !== undefined) throw this.finalizerFailure;
    const { previous, sent } = this.#receive(intent);
    const { finalizers: held = [] } = previous.metadata;
    if (previous.metadata.deletionTimestamp !== undefined)
      throw new KubeError('Invalid', 'metadata.finalizers: no new finalizers can be added');
    const finalizers = [...new Set([...held, ...(sent.metadata.finalizers ?? [])])];
    return this.#store({ ...previous, metadata: { ...previous.metadata, finalizers } }, previous);
  }

  #setFinalizers(key: string, { metadata }: Pick<Sent, 'metadata'>): O {
    if (this.finalizerFailure !== undefined) throw this.finalizerFailure;
    const previous = this.#objects.get(key);
    if (previous === undefined) throw new KubeError('NotFound', `no ${key}`);
    if (this.conflicts > 0) {
      this.conflicts -= 1;
      throw new KubeError('Conflict', 'the object has been modified');
    }
    const { uid, resourceVersion, deletionTimestamp } = previous.metadata;
    if (metadata.uid !== uid || metadata.resourceVersion !== resourceVersion)
      throw new KubeError('Conflict', 'the object has been modified');
    const { finalizers = [] } = metadata;
    const next = { ...previous, metadata: { ...previous.metadata, finalizers } };
    if (deletionTimestamp === undefined || finalizers.length > 0) return this.#store(next, previous);
    this.#remove(next);
    return next;
  }

  #receive(intent: ApplyIntent): { readonly previous: O; readonly sent: Sent } {
    const previous = this.#objects.get(`${intent.metadata.namespace ?? ''}/${intent.metadata.name}`);
    if (previous === undefined) throw new KubeError('NotFound', `no ${intent.kind} ${intent.metadata.name}`);
    const sent: Sent = JSON.parse(JSON.stringify(intent));
    if (sent.metadata.uid !== undefined && sent.metadata.uid !== previous.metadata.uid)
      throw new KubeError('Invalid', 'metadata.uid: field is immutable');
    return { previous, sent };
  }

  #remove(object: O): void {
    this.#objects.delete(keyOf(object));
    this.#tell({ type: 'Deleted', object });
  }

  #store(object: O, previous: O | undefined): O {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(keyOf(stored), stored);
    this.#tell(
      previous === undefined
        ? { type: 'Added', object: stored }
        : { type: 'Updated', object: stored, previous },
    );
    return stored;
  }

  #tell(change: Change<O>): void {
    const handlers = [...this.#handlers];
    setImmediate(() => {
      for (const handler of handlers) if (this.#handlers.includes(handler)) handler(change);
    });
  }
}
