import { createMessagingMetrics } from '@gantry/messaging';
import {
  createOnceConsumer,
  createSequenceConsumer,
  createTransactionalProducer,
  Lifetime,
  LocalTransactions,
  migrateAsOwner,
  openPool,
  runResender,
  type LocalTransaction,
  type RunnableService,
  type ServiceContext,
} from '@gantry/service';
import type { Config } from './config.ts';
import { balancesOf, deposit } from './deposits.ts';
import { createHttpApp } from './http.ts';
import { assetMigrations } from './migrations.ts';
import { followBalance, settlementEffects } from './settlement.ts';

const ROLE = 'exchange_asset';

/** Keeps accounts: deposits into them, settles what was matched, and tells every change. */
export function createAssetService(context: ServiceContext<Config>): RunnableService {
  const { config, registry, requests, clock, random, log } = context;
  const { postgres, tradeTopic, assetTopic, group, tradeGroup, resendAfterMs } = config;
  const clients = { config, metrics: createMessagingMetrics(registry), clock, random, log };
  const open = (applicationName: string, maxConnections: number) =>
    openPool({ postgres, applicationName, role: ROLE, maxConnections, log });
  const requestPool = open('asset-requests', config.connections);
  // Apart from the requests' connections, so that a flood of them cannot starve the consumers and the checks.
  const workPool = open('asset-work', 2 * config.concurrency + 4);

  const producer = createTransactionalProducer(clients, {
    topic: assetTopic,
    producerGroup: 'asset-producer',
    pool: workPool,
  });
  const transactionsOn = (pool: typeof workPool) =>
    new LocalTransactions({ pool, sender: producer, topic: assetTopic, log });
  const [forRequests, forWork] = [transactionsOn(requestPool), transactionsOn(workPool)];
  const changes = createSequenceConsumer(clients, { topic: assetTopic, group }, workPool, {
    ASSET_CHANGE: followBalance,
  });
  const trades = createOnceConsumer<LocalTransaction>(
    clients,
    { topic: tradeTopic, group: tradeGroup },
    workPool,
    { transaction: (work, signal) => forWork.run(work, signal), effects: settlementEffects(clock) },
  );

  const resend = {
    pool: workPool,
    sender: producer,
    topic: assetTopic,
    group,
    afterMs: resendAfterMs,
    clock,
    log,
  };
  const lifetime = new Lifetime({
    clock,
    random,
    log,
    prepare: async () => {
      log.info({ applied: await migrateAsOwner(postgres, assetMigrations, log) }, 'schema is current');
    },
    producers: [producer],
    consumers: { [group]: changes.consumer, [tradeGroup]: trades },
    loops: [(signal) => runResender(resend, signal), (signal) => changes.watch(signal)],
    pools: [requestPool, workPool],
  });
  const api = {
    deposit: (request: Parameters<typeof deposit>[1], traceId: string) =>
      deposit(forRequests, request, { traceId, clock }),
    balances: (user: string) => balancesOf(requestPool, user),
  };
  const app = createHttpApp(api, { health: () => lifetime.health(), registry, requests, log });
  return {
    app,
    start: () => lifetime.start(),
    beginStop: () => lifetime.beginStop(),
    stop: () => lifetime.stop(),
  };
}
