import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import { connectProducer } from './client/connect-producer.ts';
import type { ProducerClient } from './client/producer-client.ts';
import { describeError, MessagingError } from './errors.ts';
import type { BodyOf, Tag } from './message-types.ts';
import {
  encodeMessage,
  encodingOf,
  MESSAGE_ID_PROPERTY,
  startSendSpan,
  type Encodable,
  type Encoding,
  type ProducerOptions,
  type SendSpan,
} from './outgoing.ts';
import { endingSpan } from './tracing.ts';

/** What the local database says about a half message; `Unknown` makes the broker ask again. */
export type TransactionState = 'Commit' | 'Rollback' | 'Unknown';

/** A broker's question about a half message whose sender did not say how it ended. */
export interface TransactionQuestion {
  readonly messageId: string;
  /** Milliseconds since the message was sent, by our clock; undefined when the message does not say. */
  readonly ageMs: number | undefined;
}

export interface OrderedMessage<T extends Tag> {
  readonly messageId: string;
  readonly tag: T;
  readonly keys: string;
  /** Messages of a group keep their order: the user id. */
  readonly messageGroup: string;
  /** Place in the group, from 1 without holes. */
  readonly sequence: number;
  /** The trace of what makes it, kept with its row: a message that is sent again is of the same trace. */
  readonly traceId: string;
  readonly body: BodyOf<T>;
}

/** A stored message that no consumer sees until it is committed. */
export interface HalfMessage {
  /** Rejects with `EndTransactionFailed` (retryable: the broker's check will settle it). */
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface TransactionalProducerOptions extends ProducerOptions {
  readonly topic: string;
  /** Answers the broker's checks. May reject: that counts as `Unknown`. */
  readonly check: (question: TransactionQuestion) => Promise<TransactionState>;
}

const { TransactionResolution } = definitionModule;
const RESOLUTIONS = {
  Commit: TransactionResolution.COMMIT,
  Rollback: TransactionResolution.ROLLBACK,
  // The client answers nothing then, and the broker asks again.
  Unknown: TransactionResolution.TRANSACTION_RESOLUTION_UNSPECIFIED,
} as const satisfies Readonly<Record<TransactionState, number>>;

/** Sends messages that are transactional and ordered within their message group. */
export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions;
  readonly #encoding: Encoding;
  #client: ProducerClient | undefined;

  constructor(options: TransactionalProducerOptions) {
    this.#options = options;
    this.#encoding = encodingOf(options);
  }

  get running(): boolean {
    return this.#client !== undefined;
  }

  /** Connects; see `startWithin` for what it throws. Needs the topic to exist: the proxy answers 40402 otherwise. */
  async start(signal: AbortSignal): Promise<void> {
    this.#client = await connectProducer(
      this.#options,
      {
        topics: [this.#options.topic],
        checker: {
          check: (view) => this.#answer(view.properties.get(MESSAGE_ID_PROPERTY), view.bornTimestamp),
        },
      },
      signal,
    );
  }

  /**
   * Stores a half message. Rejects with `SendFailed` or `NotRunning` (both retryable); the message may be stored all the
   * same, so the caller must let the broker's check find no transaction. With `EncryptionUnavailable` (retryable), and with a
   * ZodError for a body that does not fit its tag, nothing was sent.
   */
  async sendHalf<T extends Tag>(message: OrderedMessage<T>): Promise<HalfMessage> {
    const { messageId, tag, keys, messageGroup, sequence, traceId, body } = message;
    const { topic } = this.#options;
    const encodable = { messageId, topic, tag, keys, traceId, body, place: { messageGroup, sequence } };
    const send = startSendSpan(this.#encoding.tracing, encodable);
    return endingSpan(send.span, () => this.#store(encodable, send));
  }

  async #store<T extends Tag>(message: Encodable<T>, send: SendSpan): Promise<HalfMessage> {
    const client = this.#client;
    const { topic, metrics } = this.#options;
    if (!client)
      throw new MessagingError('NotRunning', 'the producer is not connected yet', { retryable: true });
    const { options } = encodeMessage(this.#encoding, message, send);
    const transaction = client.beginTransaction();
    const finish = metrics.sendSeconds.startTimer({ topic });
    try {
      await client.send(options, transaction);
    } catch (cause) {
      metrics.sent.inc({ topic, result: 'Failed' });
      throw new MessagingError('SendFailed', `half message not stored: ${describeError(cause)}`, {
        retryable: true,
        cause,
      });
    } finally {
      finish();
    }
    metrics.sent.inc({ topic, result: 'Stored' });
    return {
      commit: () => this.#end('Commit', () => transaction.commit()),
      rollback: () => this.#end('Rollback', () => transaction.rollback()),
    };
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  async #end(resolution: 'Commit' | 'Rollback', end: () => Promise<void>): Promise<void> {
    const { topic, metrics } = this.#options;
    try {
      await end();
    } catch (cause) {
      const message = `${resolution} not delivered: ${describeError(cause)}`;
      throw new MessagingError('EndTransactionFailed', message, { retryable: true, cause });
    }
    metrics.transactions.inc({ topic, resolution, source: 'Sender' });
  }

  async #answer(messageId: string | undefined, bornAt: Date | undefined): Promise<number> {
    const { topic, check, clock, log, metrics } = this.#options;
    const state = await this.#ask(
      messageId,
      bornAt === undefined ? undefined : clock.now() - bornAt.getTime(),
      check,
    );
    metrics.transactions.inc({ topic, resolution: state, source: 'Check' });
    log.info({ topic, messageId, state }, 'answered a transaction check');
    return RESOLUTIONS[state];
  }

  async #ask(
    messageId: string | undefined,
    ageMs: number | undefined,
    check: TransactionalProducerOptions['check'],
  ): Promise<TransactionState> {
    if (messageId === undefined) return 'Unknown'; // not sent by this library: not ours to judge
    try {
      return await check({ messageId, ageMs });
    } catch (error) {
      this.#options.log.warn(
        { messageId, error: describeError(error) },
        'transaction check failed, the broker will ask again',
      );
      return 'Unknown';
    }
  }
}
