import type { Metadata } from '@grpc/grpc-js';
import { SpanKind, trace } from '@opentelemetry/api';
import rocketmq, { type PushConsumerOptions } from 'rocketmq-client-nodejs';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import serviceModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js';
import type { Clock } from '../clock.ts';
import { MessagingError } from '../errors.ts';
import { contextOf, messagingAttributes, TRACEPARENT, type Tracing } from '../tracing.ts';
import type { Session } from './credentials.ts';
import { limitRetries, readRetrySchedule, type RetryLimits, type RetrySchedule } from './retry-policy.ts';
import { inertTelemetryStream, withLastingErrorListener, type TelemetryStream } from './telemetry.ts';
import { forgiveFailedTermination } from './termination.ts';

type Stock = InstanceType<typeof rocketmq.PushConsumer>;
type MessageView = Awaited<ReturnType<Stock['receiveMessage']>>[number];
type StockRetryPolicy = NonNullable<ReturnType<Stock['getRetryPolicy']>>;

export interface ConsumerClientOptions extends Omit<PushConsumerOptions, 'sessionCredentials'> {
  /** Absent: nothing is signed. */
  readonly session?: Session | undefined;
  /** Longest wait of one receive call. Bounds how long a drain waits; the stock option of that purpose is ignored. */
  readonly longPollMs: number;
  readonly retry: RetryLimits;
  readonly tracing: Tracing;
  readonly clock: Clock;
}

/** The stock PushConsumer with the repairs that overriding can make; see `repairs.ts` for the others. */
export class ConsumerClient extends rocketmq.PushConsumer {
  readonly #options: Pick<ConsumerClientOptions, 'longPollMs' | 'retry' | 'tracing' | 'clock'>;
  readonly #corrupted = new WeakSet<MessageView>();
  #retry: RetrySchedule | undefined;
  #lastReceiveAt: number | undefined;
  readonly #session: Session | undefined;
  #closed = false;

  constructor({ session, ...options }: ConsumerClientOptions) {
    super({ ...options, ...(session === undefined ? {} : { sessionCredentials: session }) });
    this.#session = session;
    this.#options = options;
    forgiveFailedTermination(this.rpcClientManager, this.logger);
  }

  /** The group's retry policy within our limits, once the server has sent it. */
  get retrySchedule(): RetrySchedule | undefined {
    return this.#retry;
  }

  /** Epoch milliseconds of the last receive call that the server answered, with or without messages. */
  get lastReceiveAt(): number | undefined {
    return this.#lastReceiveAt;
  }

  /** Stops receiving and waits, without limit, until every received message is settled. Rejects when closed meanwhile. */
  async drain(): Promise<void> {
    await this.shutdown();
    this.#closed = true;
  }

  /**
   * Closes now: no call leaves any more, so unsettled messages stay invisible until the broker gives them to another
   * consumer. Idempotent.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    const service: ReturnType<Stock['getConsumeService']> | undefined = this.getConsumeService();
    service?.abort();
    await rocketmq.BaseClient.prototype.shutdown.call(this);
    this.#closed = true;
  }

  override onSettingsCommand(...[endpoints, settings]: Parameters<Stock['onSettingsCommand']>): void {
    const schedule = readRetrySchedule(settings.getBackoffPolicy());
    this.#retry = limitRetries(schedule, settings.getSubscription()?.getFifo() === true, this.#options.retry);
    super.onSettingsCommand(endpoints, settings);
  }

  override getRetryPolicy(): StockRetryPolicy | undefined {
    const retry = this.#retry;
    if (retry === undefined) return undefined;
    const policy: StockRetryPolicy = {
      getMaxAttempts: () => retry.maxAttempts,
      getNextAttemptDelay: (attempt) => retry.nextDelayMs(attempt),
      inheritBackoff: () => policy,
      toProtobuf: () => new definitionModule.RetryPolicy().setMaxAttempts(retry.maxAttempts),
    };
    return policy;
  }

  override wrapPushReceiveMessageRequest(
    ...[batchSize, queue, filter, serverPollMs, attemptId]: Parameters<Stock['wrapPushReceiveMessageRequest']>
  ): ReturnType<Stock['wrapPushReceiveMessageRequest']> {
    const pollMs = Math.min(serverPollMs, this.#options.longPollMs);
    return super.wrapPushReceiveMessageRequest(batchSize, queue, filter, pollMs, attemptId);
  }

  override async receiveMessage(
    ...args: Parameters<Stock['receiveMessage']>
  ): ReturnType<Stock['receiveMessage']> {
    const startTime = this.#options.clock.now();
    const messages = await super.receiveMessage(...args);
    this.#lastReceiveAt = this.#options.clock.now();
    for (const view of messages.filter(({ corrupted }) => corrupted)) {
      // The stock client would put it back, or into a queue that nobody reads: it is for our handlers to bury.
      this.#corrupted.add(view);
      Object.assign(view, { corrupted: false });
    }
    if (messages.length > 0) this.#recordReceive(messages, startTime);
    return messages;
  }

  /** Whether a message's body does not have the checksum that came with it. */
  isCorrupted(view: MessageView): boolean {
    return this.#corrupted.has(view);
  }

  /** A span for what was received, in no trace of its messages but linked to each; none for the many calls without any. */
  #recordReceive(messages: readonly MessageView[], startTime: number): void {
    const topic = messages[0]?.topic ?? '';
    const contexts = messages.map(({ properties }) =>
      trace.getSpanContext(contextOf(properties.get(TRACEPARENT))),
    );
    const attributes = messagingAttributes('receive', topic, {
      'messaging.consumer.group.name': this.consumerGroup,
      'messaging.batch.message_count': messages.length,
    });
    const links = contexts.flatMap((context) => (context === undefined ? [] : [{ context }]));
    const { tracer } = this.#options.tracing;
    tracer
      .startSpan(`receive ${topic}`, { kind: SpanKind.CLIENT, attributes, links, startTime, root: true })
      .end();
  }

  override getRequestMetadata(): Metadata {
    if (this.#closed) throw closedError();
    this.#session?.refresh();
    return super.getRequestMetadata();
  }

  override createTelemetryStream(
    ...[endpoints]: Parameters<Stock['createTelemetryStream']>
  ): TelemetryStream {
    return this.#closed
      ? inertTelemetryStream()
      : withLastingErrorListener(super.createTelemetryStream(endpoints));
  }

  /** The stock drain polls with it for ever once its messages can no longer settle; rejecting ends that loop. */
  protected override async sleep(ms: number): Promise<void> {
    await super.sleep(ms);
    if (this.#closed) throw closedError();
  }

  // A stock process queue repeats each of these three every second until it succeeds. When closed, "invalid handle" (or
  // done) is the answer that ends the loop.
  override async ackMessageViaRpc(
    ...args: Parameters<Stock['ackMessageViaRpc']>
  ): ReturnType<Stock['ackMessageViaRpc']> {
    if (!this.#closed) return super.ackMessageViaRpc(...args);
    return new serviceModule.AckMessageResponse().setStatus(invalidHandle());
  }

  override async changeInvisibleDurationViaRpc(
    ...args: Parameters<Stock['changeInvisibleDurationViaRpc']>
  ): ReturnType<Stock['changeInvisibleDurationViaRpc']> {
    if (!this.#closed) return super.changeInvisibleDurationViaRpc(...args);
    return new serviceModule.ChangeInvisibleDurationResponse().setStatus(invalidHandle());
  }

  override async forwardMessageToDeadLetterQueueViaRpc(
    ...args: Parameters<Stock['forwardMessageToDeadLetterQueueViaRpc']>
  ): ReturnType<Stock['forwardMessageToDeadLetterQueueViaRpc']> {
    if (!this.#closed) return super.forwardMessageToDeadLetterQueueViaRpc(...args);
    const done = new definitionModule.Status().setCode(definitionModule.Code.OK);
    return new serviceModule.ForwardMessageToDeadLetterQueueResponse().setStatus(done);
  }

  /** A start that was given up goes on inside the stock client: with routes it would arm its timers after the close. */
  protected override async updateRoutes(): Promise<void> {
    if (!this.#closed) await super.updateRoutes();
    if (!this.#closed) return;
    this.topicRouteCache.clear();
    throw closedError();
  }

  protected override startAssignmentScanning(): void {
    if (!this.#closed) super.startAssignmentScanning();
  }
}

function closedError(): MessagingError {
  return new MessagingError('Closed', 'the consumer is closed', { retryable: false });
}

function invalidHandle(): InstanceType<typeof definitionModule.Status> {
  return new definitionModule.Status().setCode(definitionModule.Code.INVALID_RECEIPT_HANDLE);
}
