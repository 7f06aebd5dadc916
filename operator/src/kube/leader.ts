import type { KubeApi } from './api.ts';
import { noTimer, pause, type Clock, type Random } from './clock.ts';
import { LeadershipLostError } from './controller.ts';
import { isKubeError, KubeError } from './errors.ts';
import {
  claimed,
  isFree,
  newLease,
  observe,
  released,
  type LeaseClaim,
  type Observation,
} from './lease-record.ts';
import type { Logger } from './logger.ts';
import { Leases, type Lease } from './resource-types.ts';

export interface LeaderElectorOptions {
  readonly client: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Unique per process, not only per pod: a restarted container is another candidate. */
  readonly identity: string;
  /**
   * What the identities of the processes begin with that ran in this process's place before it. They have ended, so that their
   * lease is not waited out. Absent where that is not known for certain.
   */
  readonly predecessors?: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface LeaderCallbacks {
  /**
   * The leader's work. Must end soon after the signal; its reason is a LeadershipLostError when writing is
   * over at once. When it returns or throws by itself, leadership is given back.
   */
  readonly onStarted: (signal: AbortSignal) => Promise<void>;
  readonly onLost: () => void;
}

const RETRY_JITTER = 0.2;

/**
 * Leader election on a Lease. All durations are measured on the local monotonic clock. A leader stops
 * `leaseDuration - renewDeadline` before any other may start, counted from when it *sent* its last renewal.
 */
export class LeaderElector {
  readonly #client: KubeApi;
  readonly #claim: LeaseClaim;
  readonly #predecessors: string | undefined;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  #observation: Observation | undefined;
  /** Until when we may write; -Infinity while we do not lead. */
  #validUntilMs = -Infinity;

  /** @throws RangeError unless leaseDuration > renewDeadline > retryPeriod */
  constructor(options: LeaderElectorOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0)) {
      throw new RangeError('leader election needs leaseDuration > renewDeadline > retryPeriod > 0');
    }
    this.#client = options.client;
    const { namespace, name, identity } = options;
    this.#claim = { namespace, name, identity, leaseDurationMs };
    this.#predecessors = options.predecessors;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log.child({ lease: `${namespace}/${name}`, identity });
  }

  /** True while this process may write. Ask right before every write (see `fenced`). */
  isLeader(): boolean {
    return this.#clock.monotonicMs() < this.#validUntilMs;
  }

  /** Holder as last seen; for status pages. */
  holder(): string | undefined {
    return this.#observation?.lease.spec?.holderIdentity;
  }

  /**
   * Waits for the lease, leads, and gives it back.
   * @returns `Stopped` after the signal or when the work ended, `Lost` when others may lead now
   * @throws what the leader's work threw
   */
  async run(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<'Stopped' | 'Lost'> {
    while (!signal.aborted) {
      if (await this.#tryAcquire(signal)) return this.#lead(callbacks, signal);
      const pauseMs = this.#retryPeriodMs * (1 + this.#random() * RETRY_JITTER);
      await pause(this.#clock, pauseMs, signal);
    }
    return 'Stopped';
  }

  async #tryAcquire(signal: AbortSignal): Promise<boolean> {
    try {
      const lease = await this.#read({ signal });
      const seen = lease === undefined ? this.#observation : this.#seen(lease);
      // Also when somebody deleted the lease: its holder leads on until it notices.
      const nowMs = this.#clock.monotonicMs();
      if (seen !== undefined && !isFree(seen, this.#claim.leaseDurationMs, nowMs) && !this.#succeeds(seen))
        return false;
      if (lease === undefined)
        return await this.#write('create', (now) => newLease(this.#claim, now), signal);
      return await this.#write('replace', (now) => claimed(lease, this.#claim, now), signal);
    } catch (error) {
      if (signal.aborted || isKubeError(error, 'Conflict', 'AlreadyExists')) return false; // others were faster
      this.#log.warn({ err: error }, 'the lease could not be acquired');
      return false;
    }
  }

  #succeeds({ lease }: Observation): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    return this.#predecessors !== undefined && holder.startsWith(this.#predecessors);
  }

  async #lead(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<'Stopped' | 'Lost'> {
    this.#log.info({}, 'leading');
    const leading = new AbortController();
    const stop = (): void => leading.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const work = (async () => callbacks.onStarted(leading.signal))();
    /** Ends the renewals: aborted by the end of the work. */
    const ended = new AbortController();
    const settled = work.then(
      () => ended.abort(),
      () => ended.abort(),
    );
    // Renewals go on while the work drains: until it has ended it may still write.
    const outcome = await this.#renewUntil(ended.signal);
    signal.removeEventListener('abort', stop);
    if (outcome === 'Lost') {
      this.#validUntilMs = -Infinity;
      leading.abort(new LeadershipLostError('the lease could not be renewed in time'));
      this.#log.error({}, 'leadership lost');
      callbacks.onLost();
      await settled;
      return 'Lost';
    }
    await this.#release();
    await work; // rethrows
    return 'Stopped';
  }

  /** Renews until the work has ended, or until the deadline of the last good renewal has passed. */
  async #renewUntil(ended: AbortSignal): Promise<'Ended' | 'Lost'> {
    const { promise: lost, resolve } = Promise.withResolvers<'Lost'>();
    const over = new AbortController();
    let cancelTimer = noTimer;
    /** Fires also when a renewal hangs. A timer may be early or late: the clock decides. */
    const watchDeadline = (): void => {
      const leftMs = this.#validUntilMs - this.#clock.monotonicMs();
      if (leftMs <= 0) resolve('Lost');
      else cancelTimer = this.#clock.setTimeout(watchDeadline, leftMs);
    };
    watchDeadline();
    const stop = (): void => over.abort(ended.reason);
    ended.addEventListener('abort', stop, { once: true });
    if (ended.aborted) stop();
    const outcome = await Promise.race([lost, this.#renewals(over.signal)]);
    over.abort();
    cancelTimer();
    return outcome;
  }

  async #renewals(signal: AbortSignal): Promise<'Ended' | 'Lost'> {
    while (!signal.aborted) {
      await pause(this.#clock, this.#retryPeriodMs, signal);
      if (signal.aborted) break;
      if ((await this.#renew(signal)) === 'Taken') return 'Lost';
    }
    return 'Ended';
  }

  /** A failure is no loss yet: the deadline decides. Another holder is. */
  async #renew(signal: AbortSignal, isSecondTry = false): Promise<'Renewed' | 'Failed' | 'Taken'> {
    try {
      const known = this.#observation?.lease;
      await (known === undefined
        ? this.#write('create', (now) => newLease(this.#claim, now), signal)
        : this.#write('replace', (now) => claimed(known, this.#claim, now), signal));
      return 'Renewed';
    } catch (error) {
      if (signal.aborted) return 'Failed';
      // Somebody wrote it, deleted it, or an earlier renewal of ours got through without an answer.
      if (isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound') && !isSecondTry) {
        return this.#renewAfterLook(signal);
      }
      this.#log.warn({ err: error }, 'the lease could not be renewed');
      return 'Failed';
    }
  }

  async #renewAfterLook(signal: AbortSignal): Promise<'Renewed' | 'Failed' | 'Taken'> {
    try {
      const lease = await this.#read({ signal });
      if (lease === undefined) this.#observation = undefined;
      else if (this.#seen(lease).lease.spec?.holderIdentity !== this.#claim.identity) return 'Taken';
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ err: error }, 'the lease could not be read');
      return 'Failed';
    }
    return this.#renew(signal, true);
  }

  async #release(): Promise<void> {
    const { lease } = this.#observation ?? {};
    const maySend = this.isLeader();
    this.#validUntilMs = -Infinity; // nothing of ours writes from here on, whatever the server answers
    if (lease === undefined || !maySend) return;
    try {
      await this.#giveBack(lease);
      this.#log.info({}, 'leadership given back');
    } catch (error) {
      this.#log.warn({ err: error }, 'the lease could not be given back; it expires by itself');
    }
  }

  async #giveBack(lease: Lease, isSecondTry = false): Promise<void> {
    const options = { timeoutMs: this.#renewDeadlineMs / 4 };
    try {
      await this.#client.replace(Leases, released(lease, this.#claim, this.#clock.now()), options);
    } catch (error) {
      // A renewal was under way when the work ended: its answer is not waited for, and the server has taken it.
      if (isSecondTry || !isKubeError(error, 'Conflict')) throw error;
      const now = await this.#read(options);
      if (now?.spec?.holderIdentity !== this.#claim.identity) throw error;
      await this.#giveBack(now, true);
    }
  }

  #read(options: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<Lease | undefined> {
    const { namespace, name } = this.#claim;
    return this.#client.get(Leases, { namespace, name }, { timeoutMs: this.#callTimeoutMs(), ...options });
  }

  #seen(lease: Lease): Observation {
    this.#observation = observe(this.#observation, lease, this.#clock.monotonicMs());
    return this.#observation;
  }

  /** Leadership is valid from the moment *before* the write was sent. */
  async #write(
    verb: 'create' | 'replace',
    body: (nowEpochMs: number) => Parameters<KubeApi['replace']>[1],
    signal: AbortSignal,
  ): Promise<true> {
    const sentAtMs = this.#clock.monotonicMs();
    const options = { signal, timeoutMs: this.#callTimeoutMs() };
    const lease = await this.#client[verb](Leases, body(this.#clock.now()), options);
    if (lease.spec?.holderIdentity !== this.#claim.identity) {
      throw new KubeError('Protocol', 'the lease that was written is not ours');
    }
    this.#seen(lease);
    this.#validUntilMs = sentAtMs + this.#renewDeadlineMs;
    return true;
  }

  /** Room for two tries within the renew deadline. */
  #callTimeoutMs(): number {
    return Math.max(this.#retryPeriodMs, this.#renewDeadlineMs / 2 - this.#retryPeriodMs);
  }
}
