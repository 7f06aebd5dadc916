export { BufferedProducer, type BatchSender, type BufferedProducerOptions } from './buffered-producer.ts';
export { mountedCredentials, type CredentialsSource } from './client/credentials.ts';
export { toClientLogger, type Logger } from './client/logger.ts';
export { startEventually } from './client/start.ts';
export { systemClock, type Clock } from './clock.ts';
export { MessageConsumer, type Readiness } from './consumer.ts';
export type { BatchHandler, Delivery, MessageHandler } from './delivery.ts';
export { configuredEnvelopes } from './encryption/configured-envelopes.ts';
export { encryptedEnvelopes } from './encryption/encrypted-envelopes.ts';
export { mountedKeyRing, type KeyRing } from './encryption/key-ring.ts';
export {
  decodeEnvelope,
  encodeEnvelope,
  plainEnvelopes,
  type Envelope,
  type EnvelopeCodec,
} from './envelope.ts';
export { describeError, isRetryable, MessagingError } from './errors.ts';
export type { DeadLetterStore } from './handling/dead-letters.ts';
export { createEffectHandler } from './handling/effect-handler.ts';
export { atLeastOnce, type OnceStore } from './handling/once-store.ts';
export { effectByTag, type EffectsByTag } from './inbox/effect-by-tag.ts';
export { createInboxHandler } from './inbox/handler.ts';
export { Inbox } from './inbox/inbox.ts';
export { MessageProducer, type MessageProducerOptions, type SendResult } from './message-producer.ts';
export { messageTypes, readContent, type BodyOf, type Content, type Tag } from './message-types.ts';
export { businessType, type AssetChangeBody } from './messages/asset-topic.ts';
export {
  coinName,
  decimalString,
  direction,
  idString,
  orderSource,
  orderStatus,
  orderType,
  requestId,
  signedDecimalString,
  symbol,
  timeInForce,
  userId,
} from './messages/fields.ts';
export type { OrderTimeoutBody } from './messages/order-timeout-topic.ts';
export type { OrderCancelBody, OrderCreateBody, OrderTradeBody } from './messages/order-topic.ts';
export type { MatchResultBody, OrderClosedBody, TradeBatchBody } from './messages/trade-topic.ts';
export { createMessagingMetrics, type MessagingMetrics } from './metrics.ts';
export type { OutgoingMessage } from './outgoing.ts';
export { createPool, DatabaseError, inTransaction, query } from './postgres/database.ts';
export { PostgresDeadLetters } from './postgres/dead-letters.ts';
export { PostgresInboxStore } from './postgres/inbox-store.ts';
export { migrate, type Migration } from './postgres/migrate.ts';
export {
  PostgresOnceStore,
  transactionsOf,
  type RunTransaction,
  type WithClient,
} from './postgres/once-store.ts';
export { messagingMigrations } from './postgres/schema.ts';
export {
  checkTransaction,
  logCommitted,
  nextSequence,
  TransactionRolledBack,
} from './postgres/transaction-log.ts';
export { TransactionalProducer, type HalfMessage, type OrderedMessage } from './producer.ts';
export { inRequest, startTracing, traceparentOf, untraced, type Tracing } from './tracing.ts';
