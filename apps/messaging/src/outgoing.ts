import { randomUUID } from 'node:crypto';
import { SpanKind, trace, type Context, type Span } from '@opentelemetry/api';
import type { MessageOptions } from 'rocketmq-client-nodejs';
import type { ProducerConnection } from './client/connect-producer.ts';
import type { Clock } from './clock.ts';
import { plainEnvelopes, type EnvelopeCodec } from './envelope.ts';
import type { BodyOf, Tag } from './message-types.ts';
import type { MessagingMetrics } from './metrics.ts';
import {
  contextInTrace,
  messagingAttributes,
  traceIdOf,
  TRACEPARENT,
  traceparentOf,
  untraced,
  type Tracing,
} from './tracing.ts';

export const MESSAGE_ID_PROPERTY = 'message_id';

/** A message to send, of one tag or of any of several. */
export type OutgoingMessage<T extends Tag = Tag> = {
  readonly [Each in T]: {
    readonly topic: string;
    readonly tag: Each;
    readonly keys: string;
    readonly body: BodyOf<Each>;
    /** The same for a message that is sent again; absent: a new one. */
    readonly messageId?: string;
    /** Absent: the trace of the code that sends, or a new one. */
    readonly traceId?: string;
    /** Epoch milliseconds before which nobody gets it. For topics of type `Delay` only, which take no other messages. */
    readonly deliverAt?: number;
  };
}[T];

/** What a message has beside, when it has a place in an order. */
export interface Place {
  readonly messageGroup: string;
  readonly sequence: number;
}

/** What is encoded of a message of any kind. */
export interface Encodable<T extends Tag> {
  readonly messageId?: string;
  readonly topic: string;
  readonly tag: T;
  readonly keys: string;
  readonly traceId?: string;
  readonly deliverAt?: number;
  readonly body: BodyOf<T>;
  readonly place?: Place;
}

export interface Encoding {
  readonly producerGroup: string;
  readonly codec: EnvelopeCodec;
  readonly tracing: Tracing;
  readonly clock: Pick<Clock, 'now'>;
}

/** What producers of either kind are told. */
export interface ProducerOptions extends ProducerConnection {
  /** Written into the header; gRPC clients have no producer groups of their own. */
  readonly producerGroup: string;
  /** Absent: bodies go in clear. */
  readonly codec?: EnvelopeCodec;
  readonly tracing?: Tracing;
  readonly metrics: MessagingMetrics;
}

export function encodingOf({
  producerGroup,
  codec = plainEnvelopes,
  tracing = untraced,
  clock,
}: ProducerOptions): Encoding {
  return { producerGroup, codec, tracing, clock };
}

/** The span of one message, from when it is made until it is stored. */
export interface SendSpan {
  readonly span: Span;
  readonly context: Context;
}

export function startSendSpan(
  tracing: Tracing,
  { topic, tag, traceId }: Pick<Encodable<Tag>, 'topic' | 'tag' | 'traceId'>,
): SendSpan {
  const parent = contextInTrace(tracing, traceId);
  const attributes = messagingAttributes('send', topic, { 'messaging.rocketmq.message.tag': tag });
  const span = tracing.tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/**
 * A message as the client takes it, its envelope encoded.
 *
 * @throws ZodError when the body does not fit its tag
 * @throws MessagingError `EncryptionUnavailable`
 */
export function encodeMessage<T extends Tag>(
  { producerGroup, codec, clock }: Encoding,
  message: Encodable<T>,
  { span, context }: SendSpan,
): { readonly messageId: string; readonly options: MessageOptions } {
  const { topic, tag, keys, deliverAt, place, messageId = randomUUID(), traceId = traceIdOf(span) } = message;
  span.setAttribute('messaging.message.id', messageId);
  const header = {
    message_id: messageId,
    topic,
    tags: tag,
    keys,
    timestamp: clock.now(),
    producer_group: producerGroup,
    consumer_group: '',
    retry_times: 0,
    trace_id: traceId,
    ...(place === undefined ? {} : { sequence: place.sequence }),
  };
  const properties = new Map([
    [MESSAGE_ID_PROPERTY, messageId],
    ['trace_id', traceId],
  ]);
  if (place !== undefined) properties.set('sequence', String(place.sequence));
  const traceparent = traceparentOf(context);
  if (traceparent !== undefined) properties.set(TRACEPARENT, traceparent);
  const options: MessageOptions = {
    topic,
    tag,
    keys: [keys],
    properties,
    body: codec.encode(header, message.body, place?.messageGroup),
    ...(place === undefined ? {} : { messageGroup: place.messageGroup }),
    ...(deliverAt === undefined ? {} : { deliveryTimestamp: new Date(deliverAt) }),
  };
  return { messageId, options };
}
