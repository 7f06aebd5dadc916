import type { BackoffRange } from './backoff.ts';
import { noTimer, type Clock, type Random } from './clock.ts';
import { KubeError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Outcome } from './outcome.ts';
import { WorkQueue, type Priority, type QueueStatus } from './queue.ts';

export interface ReconcileContext {
  /** Aborted at the deadline, when the process stops and when leadership is lost. Pass it to every call. */
  readonly signal: AbortSignal;
  /** 1 for the first try, counting up over failures in a row. */
  readonly attempt: number;
}

export type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>;

/** What became of one run; the last two are the controller's own. */
export type RunResult = Outcome['kind'] | 'Panic' | 'Hung';

export interface ControllerMetrics {
  ran(run: {
    readonly controller: string;
    readonly result: RunResult;
    readonly durationMs: number;
    /** How long the key waited for a worker. */
    readonly waitedMs: number;
  }): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly workers: number;
  /** After this a run is aborted and counts as failed. */
  readonly deadlineMs: number;
  /** How long runs may go on after the stop signal. Not granted when leadership is lost. */
  readonly graceMs?: number;
  readonly backoff?: BackoffRange;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: ControllerMetrics;
}

/** What other parts need of a controller; depend on this. */
export interface ControllerFace {
  enqueue(key: string, options?: { readonly priority?: Priority }): void;
  enqueueAfter(key: string, delayMs: number): void;
  run(signal: AbortSignal): Promise<void>;
}

/** Abort reason of a leader that may not write any more: nothing gets a grace period. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

const DEFAULT_GRACE_MS = 10_000;
/** How long an aborted run may take to return before its worker is given to other keys. */
const HUNG_AFTER_MS = 5_000;
/** Polls of many objects must not fall into step. */
const POLL_JITTER = 0.1;

type Run =
  | { readonly result: 'Hung' }
  | { readonly result: 'Panic'; readonly error: unknown }
  | { readonly result: Outcome['kind']; readonly outcome: Outcome };

/** Runs `reconcile` for queued keys: never twice at once for a key, with a deadline, and whatever it throws. */
export class Controller implements ControllerFace {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #log: Logger;
  #started = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#log = options.log.child({ controller: options.name });
    const { clock, random, backoff } = options;
    this.#queue = new WorkQueue({ clock, random, ...(backoff === undefined ? {} : { backoff }) });
  }

  enqueue(key: string, options: { readonly priority?: Priority } = {}): void {
    this.#queue.add(key, options.priority);
  }

  enqueueAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs);
  }

  status(): QueueStatus {
    return this.#queue.status();
  }

  /**
   * Resolves after the signal, when the runs under way have ended (or the grace period has).
   * Keys may be enqueued before.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`controller ${this.#options.name} runs already`);
    this.#started = true;
    const force = new AbortController();
    let cancelGrace = noTimer;
    const stop = (): void => {
      this.#queue.close();
      if (signal.reason instanceof LeadershipLostError) force.abort(signal.reason);
      else {
        const graceMs = this.#options.graceMs ?? DEFAULT_GRACE_MS;
        cancelGrace = this.#options.clock.setTimeout(() => force.abort(signal.reason), graceMs);
      }
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#work(force.signal)));
    cancelGrace();
    signal.removeEventListener('abort', stop);
  }

  async #work(force: AbortSignal): Promise<void> {
    for (let work = await this.#queue.get(); work !== undefined; work = await this.#queue.get()) {
      const { clock, name, metrics } = this.#options;
      const startedAt = clock.monotonicMs();
      const run = await this.#runOnce(work.key, force);
      if (run.result !== 'Hung') this.#finish(work.key, run, force);
      const durationMs = clock.monotonicMs() - startedAt;
      metrics?.ran({ controller: name, result: run.result, durationMs, waitedMs: work.waitedMs });
    }
  }

  /** Never rejects. `Hung`: the run ignores its abort; its key stays locked until it returns. */
  async #runOnce(key: string, force: AbortSignal): Promise<Run> {
    const { clock, deadlineMs, name } = this.#options;
    const abort = new AbortController();
    const onForce = (): void => abort.abort(force.reason);
    const hung = Promise.withResolvers<Run>();
    let cancelHung = noTimer;
    const cancelDeadline = clock.setTimeout(
      () => abort.abort(new KubeError('Timeout', `${name} ${key}: not done within ${deadlineMs} ms`)),
      deadlineMs,
    );
    abort.signal.addEventListener('abort', () => {
      cancelHung = clock.setTimeout(() => hung.resolve({ result: 'Hung' }), HUNG_AFTER_MS);
    });
    // Last: it may be aborted already.
    if (force.aborted) onForce();
    else force.addEventListener('abort', onForce, { once: true });
    const running = this.#reconcile(key, abort.signal);
    const run = await Promise.race([running, hung.promise]);
    cancelDeadline();
    cancelHung();
    force.removeEventListener('abort', onForce);
    if (run.result === 'Hung') {
      this.#log.error({ key, deadlineMs }, 'a reconciliation ignores its deadline; its key stays locked');
      void running.then((late) => this.#finish(key, late, force));
    }
    return run;
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Run> {
    try {
      const attempt = this.#queue.failures(key) + 1;
      const outcome = await this.#options.reconcile(key, { signal, attempt });
      return { result: outcome.kind, outcome };
    } catch (error) {
      return { result: 'Panic', error };
    }
  }

  #finish(key: string, run: Exclude<Run, { result: 'Hung' }> | Run, force: AbortSignal): void {
    if ('outcome' in run) this.#schedule(key, run.outcome);
    else if (run.result === 'Panic' && !force.aborted) {
      const delayMs = this.#queue.retry(key, { atLeastMs: retryAfterOf(run.error) });
      this.#log.error({ key, err: run.error, delayMs }, 'reconciliation failed unexpectedly');
    }
    this.#queue.done(key);
  }

  #schedule(key: string, outcome: Outcome): void {
    const queue = this.#queue;
    switch (outcome.kind) {
      case 'Done':
        queue.forget(key);
        if (outcome.requeueAfterMs !== undefined) queue.addAfter(key, this.#jittered(outcome.requeueAfterMs));
        return;
      case 'Wait':
        queue.forget(key);
        queue.addAfter(key, this.#jittered(outcome.pollMs));
        this.#log.debug({ key, reason: outcome.reason }, outcome.message);
        return;
      case 'Retry': {
        const { reason, cause, atMostMs } = outcome;
        const delayMs = queue.retry(key, { atLeastMs: retryAfterOf(cause), atMostMs });
        this.#log.warn(
          { key, reason, delayMs, ...(cause === undefined ? {} : { err: cause }) },
          outcome.message,
        );
        return;
      }
      case 'Terminal':
        queue.forget(key);
        this.#log.warn({ key, reason: outcome.reason }, outcome.message);
    }
  }

  #jittered(ms: number): number {
    return ms * (1 + (this.#options.random() - 0.5) * 2 * POLL_JITTER);
  }
}

function retryAfterOf(cause: unknown): number {
  return cause instanceof KubeError ? (cause.retryAfterMs ?? 0) : 0;
}
