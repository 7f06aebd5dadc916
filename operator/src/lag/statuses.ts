import {
  isKubeError,
  mergePatchTo,
  type Clock,
  type KubeApi,
  type KubeObject,
  type Logger,
  type ResourceType,
} from '../kube/mod.ts';
import { forEachLimited } from '../objects/mod.ts';
import { lacks } from './lacks.ts';

const PERIOD_MS = 60_000;
/** How long what was known stays: a failover takes seconds, and would have all statuses written twice. */
const HOLD_MS = 60_000;
/** Far beyond HOLD_MS, and any status is written by then. */
const FORGET_MS = 3_600_000;
const LANES = 16;
const TIMEOUT_MS = 10_000;
/** A look does not end before they are written, and those of thousands of objects that are new have time. */
const MAX_WRITES_A_LOOK = 1_000;

export interface LagStatusDeps {
  readonly api: Pick<KubeApi, 'mergePatch'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Least time between two writes of one status. */
  readonly statusPeriodMs?: number;
  readonly holdMs?: number;
}

/** The part of a status that is told here; the loop of the objects writes the rest. */
export interface StatusPart<O extends KubeObject> {
  readonly type: ResourceType<O>;
  /** What the status says now. */
  readonly told: (object: O) => object;
  /** Where in the status a patch of the part belongs. */
  readonly inStatus: (patch: object) => object;
}

/** Writes what moved into a part of the statuses of objects, each of them once a minute at most. */
export class PartialStatuses<O extends KubeObject> {
  readonly #part: StatusPart<O>;
  readonly #deps: LagStatusDeps;
  /** By uid: when it was last written. */
  readonly #writtenMs = new Map<string, number>();
  /** By uid: since when something is unknown that its status tells. */
  readonly #unknownMs = new Map<string, number>();

  constructor(part: StatusPart<O>, deps: LagStatusDeps) {
    this.#part = part;
    this.#deps = deps;
  }

  /** @param knownOf what is known of an object now @throws only the signal's reason */
  async tell(objects: readonly O[], knownOf: (object: O) => object, signal: AbortSignal): Promise<void> {
    this.#forgetOld();
    const moved = objects.flatMap((object) => {
      const { uid = '' } = object.metadata;
      const told = this.#part.told(object);
      const known = knownOf(object);
      if (this.#isHeld(uid, told, known) || this.#writtenMs.has(uid)) return [];
      const patch = mergePatchTo(told, known);
      return patch === undefined ? [] : [{ object, patch }];
    });
    await forEachLimited(moved.slice(0, MAX_WRITES_A_LOOK), LANES, async ({ object, patch }) => {
      this.#writtenMs.set(object.metadata.uid ?? '', this.#deps.clock.monotonicMs());
      await this.#write(object, patch, signal);
    });
  }

  #isHeld(uid: string, told: object, known: object): boolean {
    const { clock, holdMs = HOLD_MS } = this.#deps;
    if (!lacks(known, told)) {
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
    // Objects that are gone are looked at no more.
    const longAgoMs = clock.monotonicMs() - FORGET_MS;
    for (const [uid, atMs] of this.#unknownMs) if (atMs <= longAgoMs) this.#unknownMs.delete(uid);
  }

  async #write({ metadata }: KubeObject, patch: object, signal: AbortSignal): Promise<void> {
    const { namespace = '', name } = metadata;
    const { type, inStatus } = this.#part;
    const options = { subresource: 'status', signal, timeoutMs: TIMEOUT_MS } as const;
    try {
      await this.#deps.api.mergePatch(type, { namespace, name }, { status: inStatus(patch) }, options);
    } catch (error) {
      signal.throwIfAborted();
      if (isKubeError(error, 'NotFound')) return;
      this.#deps.log.warn(
        { key: `${namespace}/${name}`, error },
        `what was seen could not be written into the status of a ${type.kind}`,
      );
    }
  }
}
