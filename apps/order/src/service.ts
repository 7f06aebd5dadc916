import { createMessagingMetrics, MessageProducer, query } from '@gantry/messaging';
import {
  clientDefaults,
  createOnceConsumer,
  createSequenceConsumer,
  createTransactionalParts,
  Lifetime,
  migrateAsOwner,
  OutboxRelay,
  runnable,
  type RunnableService,
  type ServiceContext,
} from '@gantry/service';
import type { Pool } from 'pg';
import { askForCancel } from './cancel-order.ts';
import type { Config } from './config.ts';
import { OrderCreator } from './create-order.ts';
import { orderEffects, timeoutEffects, tradeEffects } from './effects.ts';
import { createHttpApp, type OrderApi } from './http.ts';
import { orderMigrations } from './migrations.ts';
import { fillsOf, findById } from './order-store.ts';

const MAX_ORDERS_IN_FLIGHT = 512;

/** Takes orders, follows what becomes of them, and asks for the end of those that have had their time. */
export function createOrderService(context: ServiceContext<Config>): RunnableService {
  const { config, registry, requests, clock, random, log } = context;
  const { postgres, topic, group, tradeTopic, tradeGroup, timeoutTopic, timeoutGroup, resendAfterMs } =
    config;
  const clients = { config, metrics: createMessagingMetrics(registry), clock, random, log };
  const { requestPool, workPool, producer, forRequests, transaction, resend } = createTransactionalParts(
    clients,
    { name: 'order', role: 'exchange_order', topic, group, resendAfterMs },
  );
  const timer = new MessageProducer({
    ...clientDefaults(clients),
    topics: [timeoutTopic],
    producerGroup: 'order-producer',
    random,
  });
  const relay = new OutboxRelay({ pool: workPool, topics: [timeoutTopic], sender: timer, clock, log });
  const own = createSequenceConsumer(clients, { topic, group }, workPool, orderEffects);
  const trades = createOnceConsumer(clients, { topic: tradeTopic, group: tradeGroup }, workPool, {
    transaction,
    effects: tradeEffects,
  });
  const timeouts = createOnceConsumer(clients, { topic: timeoutTopic, group: timeoutGroup }, workPool, {
    transaction,
    effects: timeoutEffects,
  });

  const lifetime = new Lifetime({
    clock,
    random,
    log,
    prepare: async () => {
      await migrateAsOwner(postgres, orderMigrations, log);
      await needFreeze(workPool);
    },
    producers: [producer, timer],
    consumers: { [group]: own.consumer, [tradeGroup]: trades, [timeoutGroup]: timeouts },
    loops: [resend, (signal) => relay.run(signal), own.watch],
    pools: [requestPool, workPool],
  });

  const creator = new OrderCreator({
    transactions: forRequests,
    timeout: { topic: timeoutTopic, afterMs: config.timeoutMs },
    clock,
  });
  const api: OrderApi = {
    create: (request, traceId) => creator.create(request, traceId),
    cancel: (orderId, traceId) => forRequests.run((local) => askForCancel(local, orderId, 'USER', traceId)),
    find: (orderId) => findById(requestPool, orderId),
    fills: (orderId) => fillsOf(requestPool, orderId),
  };
  const app = createHttpApp({
    api,
    health: () => lifetime.health(),
    registry,
    requests,
    maxInFlight: MAX_ORDERS_IN_FLIGHT,
    log,
  });
  return runnable(app, lifetime);
}

/** @throws Error until the asset service has made the function that orders freeze by */
async function needFreeze(pool: Pool): Promise<void> {
  const [row] = await query<{ there: boolean }>(
    pool,
    `SELECT to_regprocedure('asset.freeze_for_order(bigint, text, text, text, text, numeric, numeric)') IS NOT NULL AS there`,
  );
  if (row?.there !== true) throw new Error('the asset service has not migrated its schema yet');
}
