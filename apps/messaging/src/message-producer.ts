import { connectProducer } from './client/connect-producer.ts';
import type { PreparedMessage, ProducerClient } from './client/producer-client.ts';
import { describeError, MessagingError } from './errors.ts';
import {
  encodeMessage,
  encodingOf,
  startSendSpan,
  type Encoding,
  type OutgoingMessage,
  type ProducerOptions,
  type SendSpan,
} from './outgoing.ts';
import { splitIntoRequests } from './requests.ts';
import { attemptSend, toSendFailed } from './send-attempts.ts';
import { failSpan } from './tracing.ts';

export interface MessageProducerOptions extends ProducerOptions {
  /** Looked up at the start, which needs one of them to exist; a send to one that does not exist fails. */
  readonly topics: readonly string[];
  readonly random: () => number;
}

/** What became of one message. */
export type SendResult =
  | { readonly kind: 'Stored'; readonly messageId: string; readonly rocketmqMessageId: string }
  | { readonly kind: 'Failed'; readonly error: MessagingError };

interface Sending {
  readonly index: number;
  readonly topic: string;
  readonly messageId: string;
  readonly prepared: PreparedMessage;
  readonly send: SendSpan;
}

interface Delivered {
  readonly sending: Sending;
  readonly error: MessagingError | undefined;
}

/** Sends messages that have no order and no transaction, now or at a time to come. */
export class MessageProducer {
  readonly #options: MessageProducerOptions;
  readonly #encoding: Encoding;
  #client: ProducerClient | undefined;

  constructor(options: MessageProducerOptions) {
    this.#options = options;
    this.#encoding = encodingOf(options);
  }

  /** Connects; see `startWithin` for what it throws. */
  async start(signal: AbortSignal): Promise<void> {
    this.#client = await connectProducer(this.#options, { topics: [...this.#options.topics] }, signal);
  }

  /**
   * Resolves once the message is stored, by the fourth attempt at the latest.
   *
   * @throws MessagingError `SendFailed`, `NotRunning`, `EncryptionUnavailable` (retryable: send the same message, with the same
   *   id, again), or `InvalidMessage` (not retryable)
   */
  async send(
    message: OutgoingMessage,
    signal: AbortSignal,
  ): Promise<SendResult & { readonly kind: 'Stored' }> {
    const [result] = await this.sendBatch([message], signal);
    if (result?.kind === 'Stored') return result;
    throw result?.error ?? new Error('a send without a result');
  }

  /**
   * Sends messages with few requests: up to 32 of a topic in one, as far as they are no larger together than one message may
   * be. One result for each, in order; never rejects.
   */
  async sendBatch(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<readonly SendResult[]> {
    const client = this.#client;
    if (!client) {
      const error = new MessagingError('NotRunning', 'the producer is not connected yet', {
        retryable: true,
      });
      return messages.map(() => ({ kind: 'Failed', error }));
    }
    const results: SendResult[] = [];
    const sendings: Sending[] = [];
    for (const [index, message] of messages.entries()) {
      const sending = this.#prepare(client, message, index);
      if (sending instanceof MessagingError) results[index] = { kind: 'Failed', error: sending };
      else sendings.push(sending);
    }
    for (const request of splitIntoRequests(sendings, client.maxBytes)) {
      for (const { sending, error } of await this.#deliver(client, request, signal))
        results[sending.index] = toResult(sending, error);
    }
    return results;
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #prepare(client: ProducerClient, message: OutgoingMessage, index: number): Sending | MessagingError {
    const send = startSendSpan(this.#encoding.tracing, message);
    try {
      const { messageId, options } = encodeMessage(this.#encoding, message, send);
      return { index, topic: message.topic, messageId, prepared: client.prepare(options), send };
    } catch (cause) {
      const error =
        cause instanceof MessagingError
          ? cause
          : new MessagingError('InvalidMessage', `${message.tag} not sent: ${describeError(cause)}`, {
              retryable: false,
              cause,
            });
      this.#settle(message.topic, send, error);
      return error;
    }
  }

  async #deliver(
    client: ProducerClient,
    request: readonly Sending[],
    signal: AbortSignal,
  ): Promise<readonly Delivered[]> {
    const error = await this.#attempt(client, request, signal);
    if (error?.retryable === false && request.length > 1) {
      // Refused for the sake of one of them, which RocketMQ does not name: the others are not to blame.
      const apart: Delivered[] = [];
      for (const one of request) apart.push(...(await this.#deliver(client, [one], signal)));
      return apart;
    }
    for (const { topic, send } of request) this.#settle(topic, send, error);
    return request.map((sending) => ({ sending, error }));
  }

  async #attempt(
    client: ProducerClient,
    request: readonly Sending[],
    signal: AbortSignal,
  ): Promise<MessagingError | undefined> {
    const { clock, random, metrics } = this.#options;
    const topic = request[0]?.topic ?? '';
    const finish = metrics.sendSeconds.startTimer({ topic });
    metrics.requestMessages.observe({ topic }, request.length);
    const messages = request.map(({ prepared }) => prepared);
    const onRetry = (): void => metrics.sendRetries.inc({ topic });
    try {
      await attemptSend(() => client.sendTogether(messages), { clock, random, signal, onRetry });
      return undefined;
    } catch (error) {
      return toSendFailed(error);
    } finally {
      finish();
    }
  }

  #settle(topic: string, { span }: SendSpan, error: MessagingError | undefined): void {
    this.#options.metrics.sent.inc({ topic, result: error === undefined ? 'Stored' : 'Failed' });
    if (error !== undefined) failSpan(span, error);
    span.end();
  }
}

function toResult({ messageId, prepared }: Sending, error: MessagingError | undefined): SendResult {
  return error === undefined
    ? { kind: 'Stored', messageId, rocketmqMessageId: prepared.messageId }
    : { kind: 'Failed', error };
}
