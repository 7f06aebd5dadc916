import type { ResourceType } from './resource-types.ts';
import type {
  CallOptions,
  KubeObject,
  ListOptions,
  ListPage,
  ObjectKey,
  WatchEvent,
  WatchOptions,
} from './types.ts';

export type Subresource = 'status' | 'scale' | 'eviction';

export interface GetOptions extends CallOptions {
  /** `scale`: the answer is a Scale, whatever the object is. */
  readonly subresource?: 'scale';
}

export interface ApplyOptions extends CallOptions {
  /** Take over fields that another manager owns. */
  readonly force?: boolean;
  readonly subresource?: Subresource;
  readonly dryRun?: boolean;
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: Subresource;
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Precondition: delete only this very object, not a later one of the same name. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** What is sent by server-side apply: identity and the fields that the caller wants to own. */
export interface ApplyIntent {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The one call of who only applies; KubeApi has it. */
export interface ApplyApi {
  apply(type: ResourceType, object: ApplyIntent, options: ApplyOptions): Promise<unknown>;
}

/** Who puts finalizers on objects and takes them off; KubeApi has both calls. */
export interface FinalizerApi extends ApplyApi {
  mergePatch(type: ResourceType, key: ObjectKey, patch: object, options?: WriteOptions): Promise<unknown>;
}

/**
 * The API server as the controllers see it: raw JSON in and out, nothing dropped on the way.
 * Depend on this; `KubeClient` is the one over HTTP. Every call rejects with a KubeError.
 */
export interface KubeApi {
  /** `undefined` when there is no such object. */
  get<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: GetOptions,
  ): Promise<T | undefined>;
  /** One page. Fills apiVersion and kind, which the server leaves out of list items. */
  list<T extends KubeObject>(
    type: ResourceType<T>,
    options?: ListOptions,
    call?: CallOptions,
  ): Promise<ListPage<T>>;
  /** Ends when the server closes the stream; throws on everything else. */
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** Server-side apply as the client's field manager. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: ApplyIntent, options?: ApplyOptions): Promise<T>;
  create<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options?: WriteOptions,
  ): Promise<T>;
  /** With `metadata.resourceVersion` a compare-and-swap: code `Conflict` when somebody was faster. */
  replace<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options?: WriteOptions,
  ): Promise<T>;
  mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>;
  jsonPatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<T>;
  /** False when it was gone already. */
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<boolean>;
}
