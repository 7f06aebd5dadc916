import rocketmq, { type ConsumeResult, type MessageView } from 'rocketmq-client-nodejs';
import { ConsumerClient } from './client/consumer-client.ts';
import { Session, type CredentialsSource } from './client/credentials.ts';
import { toClientLogger, type Logger } from './client/logger.ts';
import { repairClient } from './client/repairs.ts';
import { startWithin } from './client/start.ts';
import type { Clock } from './clock.ts';
import { describeError, isRetryable, MessagingError } from './errors.ts';
import { nextState, type ConsumerEvent, type ConsumerState } from './lifecycle.ts';
import type { MessagingMetrics } from './metrics.ts';
import { Semaphore } from './semaphore.ts';

/** One delivery of a message. */
export interface Delivery {
  /** RocketMQ's own id, the same for every delivery of one stored message. */
  readonly rocketmqMessageId: string;
  readonly topic: string;
  readonly tag: string | undefined;
  readonly messageGroup: string | undefined;
  readonly properties: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** From 1. */
  readonly attempt: number;
  /** After this attempt the server moves the message to its dead letter queue; undefined when it did not say. */
  readonly maxAttempts: number | undefined;
}

/**
 * Resolves: acknowledged. Rejects with `retryable: true`: the message stays with us and is tried again, however long the
 * dependency is away. Any other rejection counts as an attempt and follows the group's retry policy.
 */
export type MessageHandler = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

export interface MessageConsumerOptions {
  /** `host:port` of the proxy's gRPC listener. */
  readonly endpoints: string;
  /** Whom requests are signed by; absent: nobody. */
  readonly credentials?: CredentialsSource | undefined;
  readonly group: string;
  readonly topic: string;
  readonly handler: MessageHandler;
  /** Handler calls at once; the stock client starts as many as it has cached. */
  readonly concurrency: number;
  readonly maxCachedMessages: number;
  /** Longest single handler call; must stay below the proxy's invisible time. */
  readonly handlerDeadlineMs: number;
  readonly longPollMs: number;
  readonly requestTimeoutMs: number;
  readonly startDeadlineMs: number;
  /** How long a drain may take before it becomes a forced close. At least longPollMs + handlerDeadlineMs + 5 s. */
  readonly drainGraceMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: MessagingMetrics;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

const FIRST_HOLD_MS = 200;
const LAST_HOLD_MS = 5_000;

/** A push consumer with bounded concurrency, a deadline for each message, and a drain that ends. */
export class MessageConsumer {
  readonly #options: MessageConsumerOptions;
  readonly #labels: { readonly topic: string; readonly group: string };
  readonly #places: Semaphore;
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
    this.#places = new Semaphore(options.concurrency);
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
      requestTimeoutMs,
      longPollMs,
      maxCachedMessages,
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
      // Every tag: a filter would hide members of the sequence, and each hidden one would look like a gap.
      subscriptions: new Map([[topic, '*']]),
      requestTimeout: requestTimeoutMs,
      maxCacheMessageCount: maxCachedMessages,
      longPollMs,
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
          { ...this.#labels, drainGraceMs, running: this.#places.held },
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
    const handled = await this.#handleUntilSettled(
      toDelivery(view, this.#client?.retrySchedule?.maxAttempts),
    );
    return handled ? rocketmq.ConsumeResult.SUCCESS : rocketmq.ConsumeResult.FAILURE;
  }

  /** Holds the message over retryable failures: attempts are for messages that are wrong, not for databases that are away. */
  async #handleUntilSettled(delivery: Delivery): Promise<boolean> {
    const { clock, random, log, metrics } = this.#options;
    let holdMs = FIRST_HOLD_MS;
    for (;;) {
      const error = await this.#places.run(() => this.#handleOnce(delivery));
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

  async #handleOnce(delivery: Delivery): Promise<unknown> {
    const { handler, handlerDeadlineMs, clock, metrics } = this.#options;
    const deadline = new AbortController();
    const signal = AbortSignal.any([deadline.signal, this.#closing.signal]);
    const finish = metrics.handleSeconds.startTimer(this.#labels);
    metrics.inFlight.inc(this.#labels);
    const stopTimer = clock.after(handlerDeadlineMs, () => deadline.abort());
    try {
      await Promise.race([handler(delivery, signal), rejectOnAbort(signal, handlerDeadlineMs)]);
      return undefined;
    } catch (error) {
      return error ?? new MessagingError('HandlerTimeout', 'the handler threw nothing', { retryable: false });
    } finally {
      stopTimer();
      finish();
      metrics.inFlight.dec(this.#labels);
    }
  }

  #enter(event: ConsumerEvent): boolean {
    const next = nextState(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}

function toDelivery(view: MessageView, maxAttempts: number | undefined): Delivery {
  return {
    rocketmqMessageId: view.messageId,
    topic: view.topic,
    tag: view.tag,
    messageGroup: view.messageGroup,
    properties: view.properties,
    body: view.body,
    attempt: view.deliveryAttempt ?? 1,
    maxAttempts,
  };
}

function rejectOnAbort(signal: AbortSignal, deadlineMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () =>
      reject(
        new MessagingError('HandlerTimeout', `stopped, or longer than ${deadlineMs} ms`, { retryable: true }),
      );
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
