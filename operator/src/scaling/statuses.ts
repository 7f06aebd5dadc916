import { ConsumerGroups, type ConsumerGroup, type GroupScalingStatus } from '../api/mod.ts';
import {
  findCondition,
  isKubeError,
  keyOf,
  mergePatchTo,
  type Clock,
  type KubeApi,
  type Logger,
} from '../kube/mod.ts';

const PERIOD_MS = 60_000;
/** After a write that did not get through. */
const AGAIN_MS = 10_000;
const TIMEOUT_MS = 10_000;

export interface StatusDeps {
  readonly api: Pick<KubeApi, 'mergePatch'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Logger;
  /** Least time between two writes of one status that tell no news. */
  readonly statusPeriodMs?: number;
}

interface Written {
  readonly uid: string | undefined;
  readonly status: GroupScalingStatus;
  readonly atMs: number;
}

/** Writes statuses: at once when replicas change or nothing can be decided any more, otherwise once a minute at most. */
export class ScalingStatuses {
  readonly #deps: StatusDeps;
  /** By key. The informer may be behind what was written. */
  readonly #written = new Map<string, Written>();
  /** By key: when the last write failed. */
  readonly #failedMs = new Map<string, number>();

  constructor(deps: StatusDeps) {
    this.#deps = deps;
  }

  /** As last written, or as the informer has it. */
  of(object: ConsumerGroup): GroupScalingStatus | undefined {
    const written = this.#written.get(keyOf(object));
    return written !== undefined && written.uid === object.metadata.uid
      ? written.status
      : object.status?.scaling;
  }

  /** @throws only the signal's reason */
  async tell(object: ConsumerGroup, next: GroupScalingStatus, signal: AbortSignal): Promise<void> {
    const { clock, statusPeriodMs = PERIOD_MS } = this.#deps;
    const key = keyOf(object);
    const told = this.of(object);
    const patch = mergePatchTo(told, next);
    if (patch === undefined) return;
    const lastMs = this.#written.get(key)?.atMs ?? -Infinity;
    const nowMs = clock.monotonicMs();
    if (!isNews(told, next) && nowMs - lastMs < statusPeriodMs) return;
    if (nowMs - (this.#failedMs.get(key) ?? -Infinity) < AGAIN_MS) return;
    if (await this.#write(object, { scaling: patch }, signal)) {
      this.#written.set(key, { uid: object.metadata.uid, status: next, atMs: nowMs });
      this.#failedMs.delete(key);
    } else this.#failedMs.set(key, nowMs);
  }

  /** `spec.scaling` is gone, and what it came to with it. @throws only the signal's reason */
  async clear(object: ConsumerGroup, signal: AbortSignal): Promise<void> {
    const told = this.of(object);
    this.forget(keyOf(object));
    if (told !== undefined) await this.#write(object, { scaling: null }, signal);
  }

  forget(key: string): void {
    this.#written.delete(key);
    this.#failedMs.delete(key);
  }

  async #write({ metadata }: ConsumerGroup, status: object, signal: AbortSignal): Promise<boolean> {
    const { namespace = '', name, uid } = metadata;
    const patch = { metadata: { uid }, status };
    try {
      await this.#deps.api.mergePatch(ConsumerGroups, { namespace, name }, patch, {
        subresource: 'status',
        signal,
        timeoutMs: TIMEOUT_MS,
      });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isKubeError(error)) throw error;
      // Deleted meanwhile, or deleted and made again.
      if (!isKubeError(error, 'NotFound', 'Conflict'))
        this.#deps.log.warn(
          { key: `${namespace}/${name}`, err: error },
          'status.scaling could not be written',
        );
      return false;
    }
  }
}

function isNews(told: GroupScalingStatus | undefined, next: GroupScalingStatus): boolean {
  const [before, after] = [told, next].map((each) => findCondition(each?.conditions, 'ScalingActive'));
  return (
    told?.currentReplicas !== next.currentReplicas ||
    told?.lastScale?.time !== next.lastScale?.time ||
    before?.status !== after?.status ||
    before?.reason !== after?.reason
  );
}
