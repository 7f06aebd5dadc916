import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { assetMigrations } from '../../../apps/asset/src/migrations.ts';
import { deposit } from '../../../apps/asset/src/deposits.ts';
import { followBalance, settlementEffects } from '../../../apps/asset/src/settlement.ts';
import {
  createEffectHandler,
  createInboxHandler,
  createMessagingMetrics,
  effectByTag,
  Inbox,
  migrate,
  PostgresDeadLetters,
  PostgresInboxStore,
  PostgresOnceStore,
  query,
  systemClock,
  type EffectsByTag,
} from '../../../apps/messaging/src/mod.ts';
import { askForCancel } from '../../../apps/order/src/cancel-order.ts';
import { OrderCreator } from '../../../apps/order/src/create-order.ts';
import { orderEffects, timeoutEffects, tradeEffects } from '../../../apps/order/src/effects.ts';
import { orderMigrations } from '../../../apps/order/src/migrations.ts';
import {
  Decimal,
  LocalTransactions,
  OutboxRelay,
  resendOverdue,
  type LocalTransaction,
} from '../../../apps/service/src/mod.ts';
import { commandEffects } from '../../../apps/trade/src/commands.ts';
import { Matcher } from '../../../apps/trade/src/matcher.ts';
import { createTradeMetrics } from '../../../apps/trade/src/metrics.ts';
import { tradeMigrations } from '../../../apps/trade/src/migrations.ts';
import type { Random } from '../../e2e/harness/random.ts';
import { brokenLaws } from '../../exchange/laws.ts';
import type { TestDatabase } from '../order/database.ts';
import { silentLog } from '../order/fixtures.ts';
import { Bus } from './bus.ts';

const MATCHER = 'test-matcher';
const TOPICS = {
  order: 'order-topic',
  trade: 'trade-topic',
  asset: 'asset-topic',
  timeout: 'order-timeout-topic',
};
const log = silentLog;
const clock = systemClock;

type Pool = ReturnType<TestDatabase['pool']>;

/**
 * The services' own code on one real Postgres, each with the rights of its role, two matchers, and the bus in place of
 * RocketMQ.
 */
export class TestExchange {
  readonly bus: Bus;
  readonly admin: Pool;
  readonly orders: OrderCreator;
  readonly #orderWork: LocalTransactions;
  readonly #assetWork: LocalTransactions;
  readonly #relays: readonly OutboxRelay[];
  readonly #stopping = new AbortController();
  readonly #matchers: readonly Promise<void>[];
  readonly #resend: () => Promise<void>;

  static async start(database: TestDatabase, random: Random): Promise<TestExchange> {
    const admin = database.pool();
    for (const migrations of [orderMigrations, tradeMigrations, assetMigrations])
      await migrate(admin, migrations);
    return new TestExchange(database, admin, random);
  }

  private constructor(database: TestDatabase, admin: Pool, random: Random) {
    this.admin = admin;
    this.bus = new Bus(random);
    const pools = {
      order: database.pool({ role: 'exchange_order', maxConnections: 16 }),
      asset: database.pool({ role: 'exchange_asset', maxConnections: 16 }),
      trade: database.pool({ role: 'exchange_trade', maxConnections: 16 }),
    };
    const { order, trade, asset, timeout } = TOPICS;
    const orderSender = this.bus.halfSender(order);
    const assetSender = this.bus.halfSender(asset);
    this.#orderWork = new LocalTransactions({ pool: pools.order, sender: orderSender, topic: order, log });
    this.#assetWork = new LocalTransactions({ pool: pools.asset, sender: assetSender, topic: asset, log });
    this.orders = new OrderCreator({
      transactions: this.#orderWork,
      timeout: { topic: timeout, afterMs: 60_000 },
      clock,
    });
    this.#inSequence(pools.order, order, 'order-consumer', orderEffects);
    this.#inSequence(pools.trade, order, 'trade-consumer', commandEffects);
    this.#inSequence(pools.asset, asset, 'asset-consumer', { ASSET_CHANGE: followBalance });
    this.#once(pools.order, trade, 'order-trade-consumer', this.#orderWork, tradeEffects);
    this.#once(pools.order, timeout, 'order-timeout-consumer', this.#orderWork, timeoutEffects);
    this.#once(pools.asset, trade, 'asset-trade-consumer', this.#assetWork, settlementEffects(clock));
    const relay = (pool: Pool, topic: string) =>
      new OutboxRelay({ pool, topics: [topic], sender: this.bus, clock, log });
    this.#relays = [relay(pools.trade, trade), relay(pools.order, timeout)];
    this.#matchers = [1, 2].map(() => this.#runMatcher(database));
    const resend = { afterMs: 0, clock, log };
    this.#resend = async () => {
      const own = { pool: pools.order, sender: orderSender, topic: order, group: 'order-consumer' };
      await resendOverdue({ ...resend, ...own });
      const changes = { pool: pools.asset, sender: assetSender, topic: asset, group: 'asset-consumer' };
      await resendOverdue({ ...resend, ...changes });
    };
  }

  async deposit(userId: string, coin: string, amount: string): Promise<void> {
    const request = { deposit_id: `${userId}-${coin}`, user_id: userId, coin_name: coin, amount };
    await again(() => deposit(this.#assetWork, request, { traceId: 'trace', clock }));
  }

  cancel(orderId: string): Promise<unknown> {
    return again(() => this.#orderWork.run((local) => askForCancel(local, orderId, 'USER', 'trace')));
  }

  /** Delivers until nothing is left anywhere. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await this.work();
      await this.bus.settleOrphans(this.admin);
      const [waiting] = await query<{ count: string }>(
        this.admin,
        `SELECT (SELECT count(*) FROM messaging.outbox) + (SELECT count(*) FROM trade.command)
           + (SELECT count(*) FROM messaging.inbox WHERE state = 'Parked') AS count`,
      );
      const atRest = this.bus.idle && waiting?.count === '0';
      if (!atRest || quiet > 0) await this.#resend();
      quiet = atRest && this.bus.idle ? quiet + 1 : 0;
      if (waiting?.count !== '0') await sleep(20);
    }
  }

  /** Sends what is in the outboxes and delivers all that there is, several at once. */
  async work(): Promise<void> {
    for (const relay of this.#relays) await relay.sendBatch(this.#stopping.signal).catch(() => undefined);
    await Promise.all(
      [1, 2, 3, 4].map(async () => {
        while (await this.bus.deliver());
      }),
    );
  }

  /** What breaks a law, by the law. */
  broken(when: 'Always' | 'AtRest'): Promise<readonly object[]> {
    return query(this.admin, brokenLaws(when));
  }

  /** The connections of the matchers end, in the middle of whatever they do. */
  async killMatchers(): Promise<void> {
    await query(
      this.admin,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
      [MATCHER],
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#matchers);
  }

  #runMatcher(database: TestDatabase): Promise<void> {
    return new Matcher({
      pool: database.pool({ role: 'exchange_trade', maxConnections: 1, applicationName: MATCHER }),
      topic: TOPICS.trade,
      rates: { maker: new Decimal('0.001'), taker: new Decimal('0.002') },
      onResults: () => undefined,
      clock: { ...clock, sleep: (delayMs, signal) => clock.sleep(Math.min(delayMs, 50), signal) },
      log,
      metrics: createTradeMetrics(new Registry()),
    }).run(this.#stopping.signal);
  }

  #inSequence(
    pool: Pool,
    topic: string,
    group: string,
    effects: Parameters<typeof effectByTag<Parameters<typeof followBalance>[1]>>[0],
  ): void {
    const inbox = new Inbox(new PostgresInboxStore(pool, group), effectByTag(effects));
    this.bus.subscribe(topic, group, createInboxHandler({ ...this.#handling(pool, group), inbox }));
  }

  #once(
    pool: Pool,
    topic: string,
    group: string,
    transactions: LocalTransactions,
    effects: EffectsByTag<LocalTransaction>,
  ): void {
    const store = new PostgresOnceStore<LocalTransaction>(group, (work, signal) =>
      transactions.run(work, signal),
    );
    const effect = effectByTag(effects);
    const handling = { ...this.#handling(pool, group), effect, store, maxMessages: 1 };
    this.bus.subscribe(topic, group, createEffectHandler(handling));
  }

  #handling(pool: Pool, group: string) {
    const metrics = createMessagingMetrics(new Registry());
    return { group, deadLetters: new PostgresDeadLetters(pool, group), metrics, log };
  }
}

/** As a client does whose request was refused for the moment. */
export async function again<T>(task: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await task();
    } catch (error) {
      if (attempt > 50 || !(error instanceof Error && 'retryable' in error && error.retryable === true))
        throw error;
    }
  }
}
