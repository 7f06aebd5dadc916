import { ConsumerGroups, groupNameOf, type ConsumerGroup } from '../api/mod.ts';
import { isKubeError, type Clock, type KubeApi, type Logger } from '../kube/mod.ts';
import { forEachLimited } from '../objects/mod.ts';
import type { Consumption } from './observe.ts';
import { lacks, lagPatch, lagStatus, type LagStatus } from './status.ts';

const PERIOD_MS = 60_000;
/** How long what was known stays: a failover takes seconds, and would have all statuses written twice. */
const HOLD_MS = 60_000;
/** Far beyond HOLD_MS, and any status is written by then. */
const FORGET_MS = 3_600_000;
const LANES = 16;
const TIMEOUT_MS = 10_000;

export interface LagStatusDeps {
  readonly api: Pick<KubeApi, 'mergePatch'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Least time between two writes of one status. */
  readonly statusPeriodMs?: number;
  readonly holdMs?: number;
}

/** Writes what moved into the statuses of groups, each of them once a minute at most. */
export class LagStatuses {
  readonly #deps: LagStatusDeps;
  /** By uid: when it was last written. */
  readonly #writtenMs = new Map<string, number>();
  /** By uid: since when something is unknown that its status tells. */
  readonly #unknownMs = new Map<string, number>();

  constructor(deps: LagStatusDeps) {
    this.#deps = deps;
  }

  /** @param found by RocketMQ's name of the group @throws only the signal's reason */
  async tell(
    objects: readonly ConsumerGroup[],
    found: ReadonlyMap<string, Consumption>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#forgetOld();
    await forEachLimited(objects, LANES, async (object) => {
      const { uid = '' } = object.metadata;
      const next = lagStatus(found.get(groupNameOf(object)) ?? {});
      const told = object.status?.consumption;
      if (this.#isHeld(uid, told, next)) return;
      const patch = lagPatch(told, next);
      if (patch === undefined || this.#writtenMs.has(uid)) return;
      this.#writtenMs.set(uid, this.#deps.clock.monotonicMs());
      await this.#write(object, patch, signal);
    });
  }

  #isHeld(uid: string, told: LagStatus | undefined, next: LagStatus): boolean {
    const { clock, holdMs = HOLD_MS } = this.#deps;
    if (!lacks(next, told)) {
      this.#unknownMs.delete(uid);
      return false;
    }
    const sinceMs = this.#unknownMs.get(uid) ?? clock.monotonicMs();
    this.#unknownMs.set(uid, sinceMs);
    return clock.monotonicMs() - sinceMs < holdMs;
  }

  #forgetOld(): void {
    const { clock, statusPeriodMs = PERIOD_MS } = this.#deps;
    const since = clock.monotonicMs() - statusPeriodMs;
    for (const [uid, atMs] of this.#writtenMs) if (atMs <= since) this.#writtenMs.delete(uid);
    // Groups that are gone are looked at no more.
    const longAgoMs = clock.monotonicMs() - FORGET_MS;
    for (const [uid, atMs] of this.#unknownMs) if (atMs <= longAgoMs) this.#unknownMs.delete(uid);
  }

  async #write({ metadata }: ConsumerGroup, consumption: object, signal: AbortSignal): Promise<void> {
    const { namespace = '', name } = metadata;
    const options = { subresource: 'status', signal, timeoutMs: TIMEOUT_MS } as const;
    try {
      await this.#deps.api.mergePatch(
        ConsumerGroups,
        { namespace, name },
        { status: { consumption } },
        options,
      );
    } catch (error) {
      signal.throwIfAborted();
      if (isKubeError(error, 'NotFound')) return;
      this.#deps.log.warn(
        { key: `${namespace}/${name}`, error },
        'the consumption of a group could not be written',
      );
    }
  }
}
