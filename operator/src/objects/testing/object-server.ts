import { keyOf, KubeError, type ApplyIntent, type Change, type InformerFace } from '../../kube/mod.ts';
import type { DeclaredObject, DeclaredStatus } from '../kind.ts';
import type { StatusApi } from '../status-writer.ts';

/**
 * The API server and the informer of one kind in memory: statuses that are applied come back as changes, a turn of
 * the event loop later, as they do from a watch.
 */
export class ObjectServer<O extends DeclaredObject> {
  /** Status writes accepted. */
  writes = 0;
  /** Makes the next writes fail. */
  failures: KubeError[] = [];
  readonly #objects = new Map<string, O>();
  readonly #handlers: ((change: Change<O>) => void)[] = [];
  #version = 0;

  readonly informer: Pick<InformerFace<O>, 'onChange'> = {
    onChange: (handler) => {
      this.#handlers.push(handler);
      for (const object of this.#objects.values()) handler({ type: 'Added', object });
    },
  };

  readonly api: StatusApi = {
    apply: async (_type, intent) => {
      await Promise.resolve();
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      return this.#applyStatus(intent);
    },
  };

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
    const metadata = { creationTimestamp: '2026-01-01T00:00:00Z', ...object.metadata, generation, uid };
    this.#store({ ...object, metadata }, previous);
  }

  delete(key: string): void {
    const object = this.get(key);
    this.#objects.delete(key);
    this.#tell({ type: 'Deleted', object });
  }

  #applyStatus(intent: ApplyIntent): O {
    const previous = this.#objects.get(`${intent.metadata.namespace ?? ''}/${intent.metadata.name}`);
    if (previous === undefined) throw new KubeError('NotFound', `no ${intent.kind} ${intent.metadata.name}`);
    const sent: { readonly metadata: { readonly uid?: string }; readonly status: DeclaredStatus } =
      JSON.parse(JSON.stringify(intent));
    if (sent.metadata.uid !== undefined && sent.metadata.uid !== previous.metadata.uid)
      throw new KubeError('Invalid', 'metadata.uid: field is immutable');
    this.writes += 1;
    return this.#store({ ...previous, status: sent.status }, previous);
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
    setImmediate(() => {
      for (const handler of this.#handlers) handler(change);
    });
  }
}
