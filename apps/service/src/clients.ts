import {
  checkTransaction,
  createEffectHandler,
  createInboxHandler,
  describeError,
  Inbox,
  MessageConsumer,
  mountedCredentials,
  PostgresDeadLetters,
  PostgresInboxStore,
  TransactionalProducer,
  type Clock,
  type CredentialsSource,
  type EffectsByTag,
  effectByTag,
  type Logger,
  PostgresOnceStore,
  type BatchHandler,
  type MessageHandler,
  type MessagingMetrics,
  type RunTransaction,
  type WithClient,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import type { CommonConfig } from './config.ts';

const REQUEST_TIMEOUT_MS = 3_000;
/** Covers the stock client's three tries for routes (12 s) and the wait for settings. */
const START_DEADLINE_MS = 20_000;
const LONG_POLL_MS = 8_000;
const HANDLER_DEADLINE_MS = 15_000;
/** Ends before terminationGracePeriodSeconds (60) with room for the rest of the shutdown. */
const DRAIN_GRACE_MS = 28_000;
/** No check rolls back before the slowest local transaction is over: statement timeout plus one send. */
const CHECK_PATIENCE_MS = 10_000;
const PARKED_PERIOD_MS = 10_000;
const MAX_CACHED_MESSAGES = 256;

export interface ClientContext {
  readonly config: CommonConfig;
  readonly metrics: MessagingMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Whom requests to the proxy are signed by. */
export function credentialsOf({ config, clock }: ClientContext): CredentialsSource | undefined {
  return config.credentialsDirectory === undefined
    ? undefined
    : mountedCredentials(config.credentialsDirectory, clock);
}

/** What every client of the library is given. */
export function clientDefaults(context: ClientContext) {
  const { config, clock, log, metrics } = context;
  return {
    endpoints: config.endpoints,
    credentials: credentialsOf(context),
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    startDeadlineMs: START_DEADLINE_MS,
    clock,
    log,
    metrics,
  };
}

/** A producer of transactional, ordered messages whose checks are answered from the transaction log. */
export function createTransactionalProducer(
  context: ClientContext,
  options: { readonly topic: string; readonly producerGroup: string; readonly pool: Pool },
): TransactionalProducer {
  const { topic, producerGroup, pool } = options;
  return new TransactionalProducer({
    ...clientDefaults(context),
    topic,
    producerGroup,
    check: (question) => checkTransaction(pool, question, CHECK_PATIENCE_MS),
  });
}

export interface Subscription {
  readonly topic: string;
  readonly group: string;
}

/** A consumer of an ordered topic: each message has its effect once, in the sequence of its message group. */
export function createSequenceConsumer(
  context: ClientContext,
  { topic, group }: Subscription,
  pool: Pool,
  effects: EffectsByTag<PoolClient>,
): { readonly consumer: MessageConsumer; readonly watch: (signal: AbortSignal) => Promise<void> } {
  const { metrics, log } = context;
  const store = new PostgresInboxStore(pool, group);
  const inbox = new Inbox<PoolClient>(store, effectByTag(effects));
  const deadLetters = new PostgresDeadLetters(pool, group);
  const handler = createInboxHandler({ group, inbox, deadLetters, metrics, log });
  return {
    consumer: createConsumer(context, { topic, group }, handler),
    watch: (signal) => watchParked(context, store, group, signal),
  };
}

/**
 * A consumer of a topic without order: each message has its effect once, in a transaction of its own. A transaction of
 * several would take the places and accounts of one message after those of another, and two such wait for each other.
 */
export function createOnceConsumer<Tx extends WithClient>(
  context: ClientContext,
  { topic, group }: Subscription,
  pool: Pool,
  options: {
    readonly transaction: RunTransaction<Tx>;
    readonly effects: EffectsByTag<Tx>;
  },
): MessageConsumer {
  const { metrics, log } = context;
  const deadLetters = new PostgresDeadLetters(pool, group);
  const effect = effectByTag(options.effects);
  const store = new PostgresOnceStore(group, options.transaction);
  const handler = createEffectHandler({ group, deadLetters, metrics, log, effect, store, maxMessages: 1 });
  return createConsumer(context, { topic, group }, handler);
}

function createConsumer(
  context: ClientContext,
  { topic, group }: Subscription,
  handler: MessageHandler | BatchHandler,
): MessageConsumer {
  return new MessageConsumer({
    ...clientDefaults(context),
    group,
    topic,
    handler,
    concurrency: context.config.concurrency,
    maxCachedMessages: MAX_CACHED_MESSAGES,
    handlerDeadlineMs: HANDLER_DEADLINE_MS,
    longPollMs: LONG_POLL_MS,
    drainGraceMs: DRAIN_GRACE_MS,
    random: context.random,
  });
}

async function watchParked(
  { clock, log, metrics }: ClientContext,
  store: PostgresInboxStore,
  group: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { count, oldestSeconds } = await store.parked();
      metrics.parked.set({ group }, count);
      metrics.oldestParkedSeconds.set({ group }, oldestSeconds);
    } catch (error) {
      log.warn({ error: describeError(error) }, 'parked messages not counted');
    }
    await clock.sleep(PARKED_PERIOD_MS, signal);
  }
}
