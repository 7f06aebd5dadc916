import { isKubeError, keyOf, type ApplyApi, type ApplyIntent, type Clock, type Logger } from '../kube/mod.ts';
import type { DeclaredObject, DeclaredStatus, ObjectKind } from './kind.ts';
import { sameStatus } from './status.ts';

/** How long an own write is believed while the informer shows something else. */
const OVERLAY_MS = 30_000;

export interface StatusWriterDeps {
  readonly api: ApplyApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes in flight at once, over all clusters. */
  readonly lanes: number;
  readonly timeoutMs: number;
  /** A write did not get through and is worth another look at the object. `times`: how often in a row, from 1 on. */
  readonly onLost: (key: string, times: number) => void;
}

interface Pending<O> {
  readonly object: O;
  readonly status: DeclaredStatus;
}

interface Overlay {
  readonly uid: string | undefined;
  readonly status: DeclaredStatus;
  readonly sinceMs: number;
}

/**
 * Writes statuses beside the passes, so that a thousand writes to the API server never hold up the next pass.
 * One write an object at a time, the latest status wins, at most `lanes` at once.
 *
 * It also remembers what it has written until the informer shows it: a pass that ran on the older status would
 * write the same change again with a later transition time.
 */
export class StatusWriter<O extends DeclaredObject> {
  readonly #kind: Pick<ObjectKind<O, unknown, unknown, unknown>, 'type' | 'nameField'>;
  readonly #deps: StatusWriterDeps;
  readonly #pending = new Map<string, Pending<O>>();
  readonly #inFlight = new Set<string>();
  readonly #overlays = new Map<string, Overlay>();
  /** How often in a row the writes of an object failed. */
  readonly #failures = new Map<string, number>();
  readonly #idleWaiters: (() => void)[] = [];
  #signal: AbortSignal | undefined;

  constructor(
    kind: Pick<ObjectKind<O, unknown, unknown, unknown>, 'type' | 'nameField'>,
    deps: StatusWriterDeps,
  ) {
    this.#kind = kind;
    this.#deps = deps;
  }

  /** Statuses are written only between start and the signal: a process that lost its lease writes nothing. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener(
      'abort',
      () => {
        this.#pending.clear();
        this.#settleIdle();
      },
      { once: true },
    );
  }

  get backlog(): number {
    return this.#pending.size + this.#inFlight.size;
  }

  /** The status as last written here, or as the informer has it. */
  statusOf(object: O): DeclaredStatus | undefined {
    const key = keyOf(object);
    const overlay = this.#overlays.get(key);
    if (overlay === undefined) return object.status;
    const isStale =
      overlay.uid !== object.metadata.uid ||
      (!this.#isBusy(key) && this.#deps.clock.monotonicMs() - overlay.sinceMs > OVERLAY_MS);
    if (!isStale) return overlay.status;
    this.#overlays.delete(key);
    return object.status;
  }

  /** The informer's view moved on. */
  observed(object: O): void {
    const key = keyOf(object);
    const overlay = this.#overlays.get(key);
    if (overlay === undefined || this.#isBusy(key)) return;
    const isShown =
      overlay.uid !== object.metadata.uid ||
      (object.status !== undefined && sameStatus(object.status, overlay.status, this.#kind));
    if (isShown) this.#overlays.delete(key);
  }

  forget(key: string): void {
    this.#pending.delete(key);
    this.#overlays.delete(key);
    this.#failures.delete(key);
  }

  submit(object: O, status: DeclaredStatus): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    const key = keyOf(object);
    this.#remember(key, object, status);
    this.#pending.set(key, { object, status });
    this.#pump(this.#signal);
  }

  /** Resolves when nothing is waiting or in flight. */
  async idle(): Promise<void> {
    if (this.backlog === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #pump(signal: AbortSignal): void {
    for (const [key, item] of this.#pending) {
      if (this.#inFlight.size >= this.#deps.lanes) return;
      if (this.#inFlight.has(key)) continue;
      this.#pending.delete(key);
      this.#inFlight.add(key);
      void this.#write(key, item, signal).finally(() => {
        this.#inFlight.delete(key);
        this.#pump(signal);
        this.#settleIdle();
      });
    }
  }

  #settleIdle(): void {
    if (this.backlog === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  async #write(key: string, item: Pending<O>, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.api.apply(this.#kind.type, intentOf(item), {
        subresource: 'status',
        force: true,
        signal,
        timeoutMs: this.#deps.timeoutMs,
      });
      this.#failures.delete(key);
      this.#remember(key, item.object, this.#pending.get(key)?.status ?? item.status);
    } catch (error) {
      this.#onFailure(key, error, signal);
    }
  }

  #onFailure(key: string, error: unknown, signal: AbortSignal): void {
    this.#overlays.delete(key);
    // Deleted meanwhile, or deleted and made again (uid): there is nothing to say about the old one.
    if (signal.aborted || isKubeError(error, 'NotFound')) return;
    const times = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, times);
    this.#deps.log.warn({ key, times, err: error }, 'status write failed');
    this.#deps.onLost(key, times);
  }

  #remember(key: string, object: O, status: DeclaredStatus): void {
    this.#overlays.set(key, { uid: object.metadata.uid, status, sinceMs: this.#deps.clock.monotonicMs() });
  }

  #isBusy(key: string): boolean {
    return this.#inFlight.has(key) || this.#pending.has(key);
  }
}

/** The uid makes the server refuse when the name belongs to another object by now. */
function intentOf<O extends DeclaredObject>({ object, status }: Pending<O>): ApplyIntent {
  const { apiVersion, kind } = object;
  const { name, namespace, uid } = object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
  const intent = { apiVersion, kind, metadata, status };
  return intent;
}
