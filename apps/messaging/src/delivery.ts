import type { Context } from '@opentelemetry/api';
import type { MessageView } from 'rocketmq-client-nodejs';
import { contextOf, TRACEPARENT } from './tracing.ts';

/** One delivery of a message. */
export interface Delivery {
  /** RocketMQ's own id, the same for every delivery of one stored message. */
  readonly rocketmqMessageId: string;
  readonly topic: string;
  readonly tag: string | undefined;
  readonly messageGroup: string | undefined;
  readonly properties: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** Whether the body is not the one that was sent, by the checksum beside it. */
  readonly corrupted: boolean;
  /** Epoch milliseconds at which it was sent, by the sender's clock. */
  readonly bornAt: number | undefined;
  /** From 1. */
  readonly attempt: number;
  /** After this attempt the message is given up; undefined when that is not known yet. */
  readonly maxAttempts: number | undefined;
  /** The trace that it belongs to: of its sender, then of the span in which it is handled. */
  readonly context: Context;
}

/**
 * Resolves: acknowledged. Rejects with `retryable: true`: the message stays with us and is tried again, however long the
 * dependency is away. Any other rejection counts as an attempt and follows the group's retry policy.
 */
export type MessageHandler = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

/** Handles several messages at once. One result for each, in order: undefined, or as what a `MessageHandler` rejects with. */
export interface BatchHandler {
  /** 1 to 32. */
  readonly maxMessages: number;
  handle(deliveries: readonly Delivery[], signal: AbortSignal): Promise<readonly unknown[]>;
}

export function toDelivery(view: MessageView, maxAttempts: number | undefined, corrupted: boolean): Delivery {
  return {
    rocketmqMessageId: view.messageId,
    topic: view.topic,
    tag: view.tag,
    messageGroup: view.messageGroup,
    properties: view.properties,
    body: view.body,
    corrupted,
    bornAt: view.bornTimestamp?.getTime(),
    attempt: view.deliveryAttempt ?? 1,
    maxAttempts,
    context: contextOf(view.properties.get(TRACEPARENT)),
  };
}
