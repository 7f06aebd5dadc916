import { createMessagingMetrics, MessageProducer } from '@gantry/messaging';
import {
  clientDefaults,
  createSequenceConsumer,
  createServiceApp,
  Lifetime,
  migrateAsOwner,
  openPool,
  OutboxRelay,
  runnable,
  type RunnableService,
  type ServiceContext,
} from '@gantry/service';
import { commandEffects } from './commands.ts';
import type { Config } from './config.ts';
import { Matcher } from './matcher.ts';
import { createTradeMetrics } from './metrics.ts';
import { tradeMigrations } from './migrations.ts';

const ROLE = 'exchange_trade';

/** Takes orders into books, matches them, and tells what came of it. */
export function createTradeService(context: ServiceContext<Config>): RunnableService {
  const { config, registry, requests, clock, random, log } = context;
  const { postgres, orderTopic, tradeTopic, group, rates } = config;
  const clients = { config, metrics: createMessagingMetrics(registry), clock, random, log };
  const open = (applicationName: string, maxConnections: number) =>
    openPool({ postgres, applicationName, role: ROLE, maxConnections, log });
  const workPool = open('trade-work', config.concurrency + 4);
  const matcherPool = open('trade-matcher', 1);

  const producer = new MessageProducer({
    ...clientDefaults(clients),
    topics: [tradeTopic],
    producerGroup: 'trade-producer',
    random,
  });
  const relay = new OutboxRelay({ pool: workPool, topics: [tradeTopic], sender: producer, clock, log });
  const matcher = new Matcher({
    pool: matcherPool,
    topic: tradeTopic,
    rates,
    onResults: () => relay.wake(),
    clock,
    log,
    metrics: createTradeMetrics(registry),
  });
  const orders = createSequenceConsumer(clients, { topic: orderTopic, group }, workPool, commandEffects);

  const lifetime = new Lifetime({
    clock,
    random,
    log,
    prepare: () => migrateAsOwner(postgres, tradeMigrations, log),
    producers: [producer],
    consumers: { [group]: orders.consumer },
    loops: [(signal) => matcher.run(signal), (signal) => relay.run(signal), orders.watch],
    pools: [workPool, matcherPool],
  });
  const app = createServiceApp({ health: () => lifetime.health(), registry, requests, log });
  return runnable(app, lifetime);
}
