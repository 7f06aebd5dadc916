export { mountedCredentials, type CredentialsSource } from './client/credentials.ts';
export { toClientLogger, type Logger } from './client/logger.ts';
export { startEventually } from './client/start.ts';
export { systemClock, type Clock } from './clock.ts';
export { MessageConsumer, type Delivery, type MessageHandler, type Readiness } from './consumer.ts';
export { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.ts';
export { describeError, isRetryable, MessagingError } from './errors.ts';
export { createHandler, createInboxHandler, type DeadLetterStore } from './inbox/handler.ts';
export { Inbox } from './inbox/inbox.ts';
export { effectByTag, type EffectsByTag } from './inbox/effect-by-tag.ts';
export { messageTypes, type BodyOf, type Tag } from './message-types.ts';
export { businessType, type AssetChangeBody } from './messages/asset-topic.ts';
export {
  coinName,
  decimalString,
  direction,
  idString,
  orderSource,
  orderStatus,
  orderType,
  signedDecimalString,
  symbol,
  timeInForce,
  userId,
} from './messages/fields.ts';
export type { OrderTimeoutBody } from './messages/order-timeout-topic.ts';
export type { OrderCancelBody, OrderCreateBody, OrderTradeBody } from './messages/order-topic.ts';
export type { MatchResultBody, OrderClosedBody, TradeBatchBody } from './messages/trade-topic.ts';
export { createMessagingMetrics, type MessagingMetrics } from './metrics.ts';
export { createPool, DatabaseError, inTransaction, query } from './postgres/database.ts';
export { PostgresDeadLetters } from './postgres/dead-letters.ts';
export { PostgresInboxStore } from './postgres/inbox-store.ts';
export { migrate, type Migration } from './postgres/migrate.ts';
export { messagingMigrations } from './postgres/schema.ts';
export {
  checkTransaction,
  logCommitted,
  nextSequence,
  TransactionRolledBack,
} from './postgres/transaction-log.ts';
export { TransactionalProducer, type HalfMessage, type OrderedMessage } from './producer.ts';
