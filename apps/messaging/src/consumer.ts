import rocketmq, { type ConsumeResult, type MessageView } from 'rocketmq-client-nodejs';
import { Attempts } from './attempts.ts';
import { Batches } from './batches.ts';
import { ConsumerClient } from './client/consumer-client.ts';
import { Session, type CredentialsSource } from './client/credentials.ts';
import { toClientLogger, type Logger } from './client/logger.ts';
import { repairClient } from './client/repairs.ts';
import { startWithin } from './client/start.ts';
import type { Clock } from './clock.ts';
import { toDelivery, type BatchHandler, type Delivery, type MessageHandler } from './delivery.ts';
import { describeError, isRetryable, MessagingError } from './errors.ts';
import { nextState, type ConsumerEvent, type ConsumerState } from './lifecycle.ts';
import type { Tag } from './message-types.ts';
import type { MessagingMetrics } from './metrics.ts';
import { untraced, type Tracing } from './tracing.ts';

export interface MessageConsumerOptions {
  /** `host:port` of the proxy's gRPC listener. */
  readonly endpoints: string;
  /** Whom requests are signed by; absent: nobody. */
  readonly credentials?: CredentialsSource | undefined;
  readonly group: string;
  readonly topic: string;
  /**
   * The tags that the broker is to send; absent: every one. For topics without order only: of a sequence a filter hides
   * members, and each hidden one looks like a gap.
   */
  readonly tags?: readonly Tag[];
  readonly handler: MessageHandler | BatchHandler;
  /** Handler calls at once, 20 to 64 in the exchange's services; the stock client starts as many as it has cached. */
  readonly concurrency: number;
  readonly maxCachedMessages: number;
  /** Longest single handler call; must stay below the proxy's invisible time. */
  readonly handlerDeadlineMs: number;
  readonly longPollMs: number;
  readonly requestTimeoutMs: number;
  readonly startDeadlineMs: number;
  /** How long a drain may take before it becomes a forced close. At least longPollMs + handlerDeadlineMs + 5 s. */
  readonly drainGraceMs: number;
  /** Attempts of a message until it is given up, if the group's own policy does not end before; absent: 16. */
  readonly maxAttempts?: number;
  /** Pause between two attempts of an ordered message, which holds those behind it; absent: 1,000. */
  readonly suspendMs?: number;
  readonly tracing?: Tracing;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: MessagingMetrics;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

const MAX_ATTEMPTS = 16;
const SUSPEND_MS = 1_000;
const FIRST_HOLD_MS = 200;
const LAST_HOLD_MS = 5_000;

/** A push consumer with bounded concurrency, a deadline for each message, and a drain that ends. */
export class MessageConsumer {
  readonly #options: MessageConsumerOptions;
  readonly #labels: { readonly topic: string; readonly group: string };
  readonly #tracing: Tracing;
  readonly #batches: Batches<Delivery, unknown>;
  /** Aborts waits between tries: a drain hands a message that cannot be handled now to another consumer. */
  readonly #draining = new AbortController();
  /** Aborts running handlers. */
  readonly #closing = new AbortController();
  #state: ConsumerState = 'Idle';
  #client: ConsumerClient | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: MessageConsumerOptions) {
    this.#options = options;
    this.#labels = { topic: options.topic, group: options.group };
    this.#tracing = options.tracing ?? untraced;
    const { handler, concurrency } = options;
    const attempts = new Attempts({ ...options, tracing: this.#tracing, closing: this.#closing.signal });
    this.#batches = new Batches({
      concurrency,
      maxItems: typeof handler === 'function' ? 1 : handler.maxMessages,
      run: (deliveries) => attempts.run(deliveries),
    });
  }

  get state(): ConsumerState {
    return this.#state;
  }

  /** Connects once; see `startWithin` for what it throws. After a retryable failure it may be called again. */
  async start(signal: AbortSignal): Promise<void> {
    if (!this.#enter('Start'))
      throw new MessagingError('NotRunning', `cannot start when ${this.#state}`, { retryable: false });
    const { startDeadlineMs, clock } = this.#options;
    try {
      const client = this.#createClient();
      await startWithin(client, {
        deadlineMs: startDeadlineMs,
        clock,
        signal: AbortSignal.any([signal, this.#draining.signal]),
      });
      this.#client = client;
      this.#enter('Started');
    } catch (error) {
      this.#enter('StartFailed');
      throw error;
    }
  }

  /** Drains, then closes; idempotent, never rejects, ends within drainGraceMs plus one request timeout. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Ready: the proxy sent its settings and answered a receive call within the last three polls. */
  readiness(): Readiness {
    if (this.#state !== 'Running') return { ready: false, reason: `consumer is ${this.#state}` };
    const lastReceiveAt = this.#client?.lastReceiveAt;
    if (lastReceiveAt === undefined) return { ready: false, reason: 'no receive call was answered yet' };
    const { longPollMs, requestTimeoutMs, clock } = this.#options;
    const ageMs = clock.now() - lastReceiveAt;
    if (ageMs > 3 * (longPollMs + requestTimeoutMs))
      return { ready: false, reason: `last receive was ${ageMs} ms ago` };
    return { ready: true, reason: 'receiving' };
  }

  #createClient(): ConsumerClient {
    const {
      endpoints,
      credentials,
      group,
      topic,
      tags,
      requestTimeoutMs,
      longPollMs,
      maxCachedMessages,
      maxAttempts = MAX_ATTEMPTS,
      suspendMs = SUSPEND_MS,
      clock,
      log,
    } = this.#options;
    const logger = toClientLogger(log);
    repairClient(logger);
    return new ConsumerClient({
      endpoints,
      session: credentials && new Session(credentials),
      namespace: '',
      consumerGroup: group,
      subscriptions: new Map([[topic, tags?.join(' || ') ?? '*']]),
      requestTimeout: requestTimeoutMs,
      maxCacheMessageCount: maxCachedMessages,
      longPollMs,
      retry: { maxAttempts, suspendMs },
      tracing: this.#tracing,
      logger,
      clock,
      messageListener: { consume: (view) => this.#consume(view) },
    });
  }

  async #stop(): Promise<void> {
    const { clock, drainGraceMs, log } = this.#options;
    this.#enter('Stop');
    this.#draining.abort();
    const client = this.#client;
    if (this.#state === 'Draining' && client) {
      const drained = client.drain().then(
        () => true,
        () => false,
      );
      const inTime = await Promise.race([drained, clock.sleep(drainGraceMs).then(() => false)]);
      this.#enter(inTime ? 'Drained' : 'GraceExpired');
      if (!inTime)
        log.warn(
          { ...this.#labels, drainGraceMs, running: this.#batches.running },
          'drain took too long, closing by force',
        );
    }
    this.#closing.abort();
    await client?.close();
    this.#enter('Closed');
  }

  async #consume(view: MessageView): Promise<ConsumeResult> {
    const { metrics, clock } = this.#options;
    metrics.received.inc(this.#labels);
    if ((view.deliveryAttempt ?? 1) > 1) metrics.redelivered.inc(this.#labels);
    else if (view.bornTimestamp)
      metrics.ageSeconds.observe(
        this.#labels,
        Math.max(0, clock.now() - view.bornTimestamp.getTime()) / 1000,
      );
    const client = this.#client;
    const handled = await this.#handleUntilSettled(
      toDelivery(view, client?.retrySchedule?.maxAttempts, client?.isCorrupted(view) === true),
    );
    return handled ? rocketmq.ConsumeResult.SUCCESS : rocketmq.ConsumeResult.FAILURE;
  }

  /** Holds the message over retryable failures: attempts are for messages that are wrong, not for databases that are away. */
  async #handleUntilSettled(delivery: Delivery): Promise<boolean> {
    const { clock, random, log, metrics } = this.#options;
    let holdMs = FIRST_HOLD_MS;
    for (let held = false; ; held = true) {
      const error = await this.#batches.submit(delivery, held);
      const result = error === undefined ? 'Done' : isRetryable(error) ? 'Retryable' : 'Failed';
      metrics.handled.inc({ ...this.#labels, result });
      if (result === 'Done') return true;
      const { rocketmqMessageId, attempt } = delivery;
      log.warn(
        { ...this.#labels, rocketmqMessageId, attempt, result, error: describeError(error) },
        'message not handled',
      );
      if (result === 'Failed' || this.#draining.signal.aborted) return false;
      await clock.sleep(holdMs * (0.5 + random() / 2), this.#draining.signal);
      holdMs = Math.min(holdMs * 2, LAST_HOLD_MS);
    }
  }

  #enter(event: ConsumerEvent): boolean {
    const next = nextState(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
