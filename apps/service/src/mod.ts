export { clientDefaults, createOnceConsumer, createSequenceConsumer, type ClientContext } from './clients.ts';
export {
  commonVariables,
  readEnvironment,
  resendVariables,
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
export { resendOverdue } from './resend.ts';
export { runnable, runService, type RunnableService, type ServiceContext } from './run.ts';
export { createTransactionalParts } from './transactional.ts';
