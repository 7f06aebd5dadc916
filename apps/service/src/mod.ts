export {
  clientDefaults,
  createOnceConsumer,
  createSequenceConsumer,
  createTransactionalProducer,
  type ClientContext,
} from './clients.ts';
export {
  commonVariables,
  readEnvironment,
  toCommonConfig,
  type CommonConfig,
  type ConfigResult,
  type PostgresConfig,
} from './config.ts';
export { Decimal, lesserOf, money, roundDown, ZERO } from './decimal.ts';
export {
  createServiceApp,
  fieldProblems,
  InFlight,
  limitBody,
  readJson,
  refuse,
  traceIdOf,
  unavailable,
  type Health,
  type ServiceHttpOptions,
} from './http.ts';
export { Lifetime } from './lifetime.ts';
export {
  LocalTransactions,
  type HalfSender,
  type LocalTransaction,
  type Place,
} from './local-transactions.ts';
export { createRole, serviceMigrations } from './migrations.ts';
export { tradeNumber } from './numbers.ts';
export { appendToOutbox, OutboxRelay, type OutboxMessage, type StoredMessage } from './outbox.ts';
export { migrateAsOwner, openPool } from './pools.ts';
export { resendOverdue, runResender } from './resend.ts';
export { runService, type RunnableService, type ServiceContext } from './run.ts';
