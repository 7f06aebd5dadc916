import { SpanKind, trace, type Span } from '@opentelemetry/api';
import type { Clock } from './clock.ts';
import type { BatchHandler, Delivery, MessageHandler } from './delivery.ts';
import { MessagingError } from './errors.ts';
import type { MessagingMetrics } from './metrics.ts';
import { failSpan, messagingAttributes, type Tracing } from './tracing.ts';

export interface AttemptsOptions {
  readonly topic: string;
  readonly group: string;
  readonly handler: MessageHandler | BatchHandler;
  readonly handlerDeadlineMs: number;
  readonly tracing: Tracing;
  /** Ends every attempt that runs. */
  readonly closing: AbortSignal;
  readonly clock: Clock;
  readonly metrics: MessagingMetrics;
}

/** Calls a handler, with a deadline, and each message in a span of the trace that its sender began. */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #labels: { readonly topic: string; readonly group: string };

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#labels = { topic: options.topic, group: options.group };
  }

  /** What was thrown for each message, in order; undefined where nothing was. Never rejects. */
  async run(deliveries: readonly Delivery[]): Promise<readonly unknown[]> {
    const { metrics } = this.#options;
    const attempts = deliveries.map((delivery) => this.#begin(delivery));
    const finish = metrics.handleSeconds.startTimer(this.#labels);
    metrics.batchMessages.observe(this.#labels, deliveries.length);
    metrics.inFlight.inc(this.#labels);
    const errors = await this.#call(attempts.map(({ delivery }) => delivery));
    metrics.inFlight.dec(this.#labels);
    finish();
    for (const [index, { span }] of attempts.entries()) {
      if (errors[index] !== undefined) failSpan(span, errors[index]);
      span.end();
    }
    return errors;
  }

  async #call(deliveries: readonly Delivery[]): Promise<readonly unknown[]> {
    const { handlerDeadlineMs, closing, clock } = this.#options;
    const deadline = new AbortController();
    const signal = AbortSignal.any([deadline.signal, closing]);
    const stopTimer = clock.after(handlerDeadlineMs, () => deadline.abort());
    try {
      return await Promise.race([this.#handle(deliveries, signal), rejectOnAbort(signal, handlerDeadlineMs)]);
    } catch (error) {
      const thrown =
        error ?? new MessagingError('HandlerTimeout', 'the handler threw nothing', { retryable: false });
      return deliveries.map(() => thrown);
    } finally {
      stopTimer();
    }
  }

  async #handle(deliveries: readonly Delivery[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { handler, tracing } = this.#options;
    if (typeof handler === 'function') {
      for (const delivery of deliveries) await tracing.run(delivery.context, () => handler(delivery, signal));
      return deliveries.map(() => undefined);
    }
    const results = await handler.handle(deliveries, signal);
    // A message without a result must not count as done.
    if (results.length === deliveries.length) return results;
    throw new Error(`the handler gave ${results.length} results for ${deliveries.length} messages`);
  }

  #begin(delivery: Delivery): { readonly delivery: Delivery; readonly span: Span } {
    const { rocketmqMessageId, topic, tag, attempt, context } = delivery;
    const attributes = messagingAttributes('process', topic, {
      'messaging.consumer.group.name': this.#options.group,
      'messaging.message.id': rocketmqMessageId,
      'gantry.delivery.attempt': attempt,
      ...(tag === undefined ? {} : { 'messaging.rocketmq.message.tag': tag }),
    });
    const { tracer } = this.#options.tracing;
    const span = tracer.startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, context);
    return { delivery: { ...delivery, context: trace.setSpan(context, span) }, span };
  }
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
