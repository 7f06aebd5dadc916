import type { ApplyIntent, KubeApi, Subresource } from './api.ts';
import { isKubeError, KubeError } from './errors.ts';
import { hashOf, isContained } from './intent.ts';
import type { Logger } from './logger.ts';
import type { ResourceType } from './resource-types.ts';
import type { CallOptions, KubeObject, ObjectKey } from './types.ts';

/** A field that another manager owns with another value. */
export interface FieldConflict {
  /** As the server names it, such as `.spec.replicas`. */
  readonly field: string;
  /** Such as `kubectl-edit`; empty when the server's message is of an unknown form. */
  readonly manager: string;
}

export interface ApplierCallOptions<T extends KubeObject> extends CallOptions {
  /** The object as the informer has it. Without it nothing is known about drift and the server is asked. */
  readonly observed?: T | undefined;
  readonly subresource?: Subresource;
  /** Default `Override`: our declared fields win, and the loser is told in the log and in the result. */
  readonly onConflict?: 'Override' | 'Fail';
}

export interface Applied<T> {
  readonly object: T;
  /** False when nothing differed, whether the server was asked or not. */
  readonly changed: boolean;
  /** Fields taken over from other managers. */
  readonly overridden: readonly FieldConflict[];
}

/** Depend on this; tests can then hand in a recorder. */
export interface ObjectApplier {
  apply<T extends KubeObject>(
    type: ResourceType<T>,
    intent: ApplyIntent,
    options?: ApplierCallOptions<T>,
  ): Promise<Applied<T>>;
  /** Must be called for deleted objects, else their entries stay until the cap pushes them out. */
  forget(type: ResourceType, key: ObjectKey): void;
}

/** A conflict that was not to be overridden. `conflicts` says who owns what. */
export class ApplyConflictError extends KubeError {
  readonly conflicts: readonly FieldConflict[];

  constructor(message: string, conflicts: readonly FieldConflict[], cause: KubeError) {
    super('Conflict', message, { status: 409, causes: cause.causes, cause });
    this.name = 'ApplyConflictError';
    this.conflicts = conflicts;
  }
}

export interface ApplierOptions {
  readonly client: KubeApi;
  readonly log: Logger;
  /** Objects remembered at most; beyond it the longest unused are asked about again. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly intentHash: string;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

const DEFAULT_MAX_ENTRIES = 50_000;

/**
 * Server-side apply that says what it overrode and sends nothing when nothing can differ. It skips a call only
 * if it sent this very intent for this very object before, and the observed object is either the one it got
 * back then or still has every declared value. A removed field, drift or another object always goes out.
 */
export class Applier implements ObjectApplier {
  readonly #client: KubeApi;
  readonly #log: Logger;
  readonly #maxEntries: number;
  /** In order of use, the oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: ApplierOptions) {
    this.#client = options.client;
    this.#log = options.log;
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
  }

  /** @throws ApplyConflictError with `onConflict: 'Fail'`; any other KubeError */
  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    intent: ApplyIntent,
    options: ApplierCallOptions<T> = {},
  ): Promise<Applied<T>> {
    const { observed, subresource } = options;
    const id = entryId(type, intent.metadata.namespace ?? '', intent.metadata.name, subresource);
    const intentHash = hashOf(intent);
    const known = this.#entries.get(id);
    if (observed !== undefined && known?.intentHash === intentHash && isUntouched(known, intent, observed)) {
      this.#remember(id, known);
      return { object: observed, changed: false, overridden: [] };
    }
    const { object, overridden } = await this.#send(type, intent, options);
    const { uid, resourceVersion } = object.metadata;
    const before = observed?.metadata ?? known;
    const changed = before?.uid !== uid || before?.resourceVersion !== resourceVersion;
    this.#remember(id, { intentHash, uid, resourceVersion });
    return { object, changed, overridden };
  }

  forget(type: ResourceType, key: ObjectKey): void {
    for (const subresource of [undefined, 'status', 'scale'] as const) {
      this.#entries.delete(entryId(type, key.namespace, key.name, subresource));
    }
  }

  async #send<T extends KubeObject>(
    type: ResourceType<T>,
    intent: ApplyIntent,
    options: ApplierCallOptions<T>,
  ): Promise<{ object: T; overridden: readonly FieldConflict[] }> {
    const { signal, timeoutMs, subresource, onConflict = 'Override' } = options;
    const call = {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(subresource === undefined ? {} : { subresource }),
    };
    try {
      return { object: await this.#client.apply(type, intent, call), overridden: [] };
    } catch (error) {
      const conflicts = conflictsOf(error);
      if (!isKubeError(error, 'Conflict') || conflicts.length === 0) throw error;
      const { name, namespace } = intent.metadata;
      const what = `${type.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
      const fields = conflicts.map((c) => `${c.field} (${c.manager})`).join(', ');
      if (onConflict === 'Fail') {
        throw new ApplyConflictError(`${what}: fields owned by others: ${fields}`, conflicts, error);
      }
      this.#log.warn({ object: what, conflicts }, 'taking over fields that another manager set');
      return {
        object: await this.#client.apply(type, intent, { ...call, force: true }),
        overridden: conflicts,
      };
    }
  }

  #remember(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    if (this.#entries.size <= this.#maxEntries) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

function isUntouched(known: Entry, intent: ApplyIntent, observed: KubeObject): boolean {
  const { uid, resourceVersion } = observed.metadata;
  if (known.uid !== uid) return false;
  return known.resourceVersion === resourceVersion || isContained(intent, observed);
}

function entryId(type: ResourceType, namespace: string, name: string, subresource?: string): string {
  return `${type.group}/${type.plural}/${namespace}/${name}#${subresource ?? ''}`;
}

/** The server's text is `conflict with "manager" using apps/v1` (with `subresource "status"` in between). */
function conflictsOf(error: unknown): readonly FieldConflict[] {
  if (!(error instanceof KubeError)) return [];
  return error.causes
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      field: cause.field ?? '',
      manager: /conflict with "([^"]*)"/.exec(cause.message ?? '')?.[1] ?? '',
    }));
}
