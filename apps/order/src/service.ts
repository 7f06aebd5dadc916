import {
  checkTransaction,
  createInboxHandler,
  createMessagingMetrics,
  createPool,
  describeError,
  effectByTag,
  Inbox,
  MessageConsumer,
  migrate,
  PostgresDeadLetters,
  PostgresInboxStore,
  startEventually,
  TransactionalProducer,
  type Clock,
  type Logger,
  type MessagingMetrics,
  mountedCredentials,
  type CredentialsSource,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import type { Registry } from 'prom-client';
import type { Config } from './config.ts';
import { OrderCreator, type CreateOutcome } from './create-order.ts';
import type { Health, OrderApi } from './http.ts';
import { orderMigrations } from './migrations.ts';
import type { OrderRequest } from './order-request.ts';
import { acceptOrder, findById, type Order } from './order-store.ts';
import { runRepublisher } from './republish.ts';

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

export interface ServiceOptions {
  readonly config: Config;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** The order service without its HTTP server: everything that starts, runs and stops. */
export class OrderService implements OrderApi {
  readonly #options: ServiceOptions;
  readonly #stopping = new AbortController();
  readonly #metrics: MessagingMetrics;
  readonly #requestPool: Pool;
  /** Apart from the requests' connections, so that a flood of orders cannot starve the consumer and the checks. */
  readonly #workPool: Pool;
  readonly #store: PostgresInboxStore;
  readonly #producer: TransactionalProducer;
  readonly #consumer: MessageConsumer;
  readonly #creator: OrderCreator;
  #started = false;
  #progress = 'migrating the schema';
  #background: Promise<unknown> = Promise.resolve();

  constructor(options: ServiceOptions) {
    const { config, registry, log } = options;
    this.#options = options;
    this.#metrics = createMessagingMetrics(registry);
    this.#requestPool = openPool(config, 'order-requests', config.postgres.connections, log);
    this.#workPool = openPool(config, 'order-work', config.concurrency + 4, log);
    this.#store = new PostgresInboxStore(this.#workPool, config.group);
    this.#producer = this.#createProducer();
    this.#consumer = this.#createConsumer();
    this.#creator = new OrderCreator({
      pool: this.#requestPool,
      sender: this.#producer,
      topic: config.topic,
      clock: options.clock,
      log,
    });
  }

  /**
   * Resolves once everything runs, or when stopped before. Waits for a database, a proxy, a topic and a group that are
   * not there yet: exiting instead would only make Kubernetes back off.
   */
  async start(): Promise<void> {
    const { clock, random, log, config } = this.#options;
    const { signal } = this.#stopping;
    const retry = { clock, random, signal, log };
    const applied = await startEventually(() => migrate(this.#workPool, orderMigrations), retry);
    if (applied === undefined) return;
    log.info({ applied }, 'schema is current');
    this.#progress = `connecting to ${config.endpoints}`;
    await Promise.all([
      startEventually((each) => this.#producer.start(each), retry),
      startEventually((each) => this.#consumer.start(each), retry),
    ]);
    if (signal.aborted) return;
    this.#started = true;
    this.#progress = 'running';
    log.info({ topic: config.topic, group: config.group }, 'order service runs');
    const republisher = {
      pool: this.#workPool,
      sender: this.#producer,
      afterMs: config.republishAfterMs,
      clock,
      log,
    };
    this.#background = Promise.all([runRepublisher(republisher, signal), this.#watchParked(signal)]);
  }

  create(request: OrderRequest, traceId: string): Promise<CreateOutcome> {
    return this.#creator.create(request, traceId);
  }

  find(orderId: string): Promise<Order | undefined> {
    return findById(this.#requestPool, orderId);
  }

  /**
   * Stays ready while the proxy or Postgres is away: without ready pods a client would see a refused connection instead of
   * the 503 with Retry-After. The checks still tell.
   */
  health(): Health {
    const stopping = this.#stopping.signal.aborted;
    const started = stopping ? 'Stopping' : 'Running';
    const checks = {
      service: stopping ? 'stopping' : this.#progress,
      consumer: this.#consumer.readiness().reason,
    };
    return { state: this.#started ? started : 'Starting', checks };
  }

  /** From now on not ready, but orders are made; call `stop` once the last request is answered. */
  beginStop(): void {
    this.#stopping.abort();
  }

  /** Drains the consumer, then closes the producer, which answers checks until the end, and the pools. */
  async stop(): Promise<void> {
    this.beginStop();
    await this.#consumer.stop();
    await this.#background;
    await this.#producer.stop();
    await Promise.all([this.#requestPool.end(), this.#workPool.end()]);
  }

  #credentials(): CredentialsSource | undefined {
    const { config, clock } = this.#options;
    return config.credentialsDirectory === undefined
      ? undefined
      : mountedCredentials(config.credentialsDirectory, clock);
  }

  #createProducer(): TransactionalProducer {
    const { config, clock, log } = this.#options;
    return new TransactionalProducer({
      endpoints: config.endpoints,
      credentials: this.#credentials(),
      topic: config.topic,
      producerGroup: 'order-producer',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      startDeadlineMs: START_DEADLINE_MS,
      check: (question) => checkTransaction(this.#workPool, question, CHECK_PATIENCE_MS),
      clock,
      log,
      metrics: this.#metrics,
    });
  }

  #createConsumer(): MessageConsumer {
    const { config, clock, random, log } = this.#options;
    const { group, topic, endpoints, concurrency } = config;
    const metrics = this.#metrics;
    const inbox = new Inbox<PoolClient>(this.#store, applyToOrders);
    const deadLetters = new PostgresDeadLetters(this.#workPool, group);
    return new MessageConsumer({
      endpoints,
      credentials: this.#credentials(),
      group,
      topic,
      handler: createInboxHandler({ group, inbox, deadLetters, metrics, log }),
      concurrency,
      maxCachedMessages: 256,
      handlerDeadlineMs: HANDLER_DEADLINE_MS,
      longPollMs: LONG_POLL_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      startDeadlineMs: START_DEADLINE_MS,
      drainGraceMs: DRAIN_GRACE_MS,
      clock,
      random,
      log,
      metrics,
    });
  }

  async #watchParked(signal: AbortSignal): Promise<void> {
    const { clock, log, config } = this.#options;
    const { group } = config;
    while (!signal.aborted) {
      try {
        const { count, oldestSeconds } = await this.#store.parked();
        this.#metrics.parked.set({ group }, count);
        this.#metrics.oldestParkedSeconds.set({ group }, oldestSeconds);
      } catch (error) {
        log.warn({ error: describeError(error) }, 'parked messages not counted');
      }
      await clock.sleep(PARKED_PERIOD_MS, signal);
    }
  }
}

/** What each tag of the topic does to the orders. */
const applyToOrders = effectByTag<PoolClient>({
  async ORDER_CREATE({ header, body }, client) {
    const { message_id: messageId, sequence } = header;
    if (sequence === undefined) throw new Error('an ORDER_CREATE without sequence passed the inbox');
    await acceptOrder(client, messageId, sequence, body);
  },
});

function openPool(config: Config, applicationName: string, maxConnections: number, log: Logger): Pool {
  const { host, port, database, user, password } = config.postgres;
  return createPool({
    host,
    port,
    database,
    user,
    password,
    applicationName,
    maxConnections,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 4_000,
    idleInTransactionTimeoutMs: 10_000,
    onIdleError: (error) =>
      log.warn({ applicationName, error: error.message }, 'idle database connection lost'),
  });
}
