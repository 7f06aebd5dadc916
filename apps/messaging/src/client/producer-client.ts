import type { Metadata } from '@grpc/grpc-js';
import rocketmq, { type MessageOptions, type ProducerOptions } from 'rocketmq-client-nodejs';
import messageModule from 'rocketmq-client-nodejs/dist/message/index.js';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import serviceModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js';
import { MessagingError } from '../errors.ts';
import type { Session } from './credentials.ts';
import { inertTelemetryStream, withLastingErrorListener, type TelemetryStream } from './telemetry.ts';
import { forgiveFailedTermination } from './termination.ts';

type Stock = InstanceType<typeof rocketmq.Producer>;
type RouteQueue = InstanceType<typeof rocketmq.MessageQueue>;

export interface ProducerClientOptions extends Omit<ProducerOptions, 'sessionCredentials'> {
  /** Absent: nothing is signed. */
  readonly session?: Session | undefined;
}

/** A message with its RocketMQ id, which stays the same when it is sent again. */
export type PreparedMessage = InstanceType<typeof messageModule.PublishingMessage>;

/** The stock Producer with the repairs that overriding can make; see `repairs.ts` for the others. */
export class ProducerClient extends rocketmq.Producer {
  readonly #session: Session | undefined;
  #closed = false;
  #turn = 0;

  constructor({ session, ...options }: ProducerClientOptions) {
    super({ ...options, ...(session === undefined ? {} : { sessionCredentials: session }) });
    this.#session = session;
    forgiveFailedTermination(this.rpcClientManager, this.logger);
  }

  /** Idempotent; after it no call leaves and no stream opens, whatever timers the stock client still holds. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.shutdown();
    this.#closed = true;
  }

  /** The largest body, and the largest request, that the proxy and its brokers take. */
  get maxBytes(): number {
    return this.publishingSettings.maxBodySizeBytes;
  }

  /** @throws TypeError when its body is larger than the proxy takes */
  prepare(options: MessageOptions): PreparedMessage {
    return new messageModule.PublishingMessage(options, this.publishingSettings, false);
  }

  /**
   * Sends messages of one topic and type in one request, once: all are stored, or it rejects. The stock client sends one at
   * a time, although the proxy takes several. The proxy answers with one entry for all of them, and looks for a message
   * group in a request of one message only.
   */
  async sendTogether(messages: readonly PreparedMessage[]): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    if (!this.isRunning()) throw closedError();
    const queue = await this.#takeQueue(first);
    const request = new serviceModule.SendMessageRequest().setMessagesList(
      messages.map((message) => message.toProtobuf(this.namespace, queue)),
    );
    const { endpoints } = queue.broker;
    const response = await this.rpcClientManager.sendMessage(endpoints, request, this.requestTimeout);
    rocketmq.SendReceipt.processResponseInvocation(queue, response);
  }

  /** Which broker's queue stores them is the proxy's choice; ours is between the addresses of the proxies. */
  async #takeQueue({ topic, messageType }: PreparedMessage): Promise<RouteQueue> {
    const { READ_WRITE, WRITE } = definitionModule.Permission;
    const route = await this.getRouteData(topic);
    const queues = route.messageQueues.filter(
      ({ permission }) => permission === READ_WRITE || permission === WRITE,
    );
    this.#turn += 1;
    const queue = queues[this.#turn % queues.length];
    if (queue === undefined)
      throw new MessagingError('SendFailed', `topic ${topic} has no queue to write to`, { retryable: true });
    if (
      this.publishingSettings.isValidateMessageType() &&
      !queue.acceptMessageTypesList.includes(messageType)
    ) {
      const [type] =
        Object.entries(definitionModule.MessageType).find(([, value]) => value === messageType) ?? [];
      throw new MessagingError('SendFailed', `topic ${topic} takes no messages of type ${type}`, {
        retryable: false,
      });
    }
    return queue;
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

  /** A start that was given up goes on inside the stock client: with routes it would arm its timers after the close. */
  protected override async updateRoutes(): Promise<void> {
    if (!this.#closed) await super.updateRoutes();
    if (!this.#closed) return;
    this.topicRouteCache.clear();
    throw closedError();
  }
}

function closedError(): MessagingError {
  return new MessagingError('Closed', 'the producer is closed', { retryable: false });
}
