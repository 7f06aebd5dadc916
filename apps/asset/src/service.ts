import { createMessagingMetrics } from '@gantry/messaging';
import {
  createOnceConsumer,
  createSequenceConsumer,
  createTransactionalParts,
  Lifetime,
  migrateAsOwner,
  runnable,
  type LocalTransaction,
  type RunnableService,
  type ServiceContext,
} from '@gantry/service';
import type { Config } from './config.ts';
import { balancesOf, deposit } from './deposits.ts';
import { createHttpApp } from './http.ts';
import { assetMigrations } from './migrations.ts';
import { followBalance, settlementEffects } from './settlement.ts';

/** Keeps accounts: deposits into them, settles what was matched, and tells every change. */
export function createAssetService(context: ServiceContext<Config>): RunnableService {
  const { config, registry, requests, clock, random, log } = context;
  const { postgres, tradeTopic, assetTopic, group, tradeGroup, resendAfterMs } = config;
  const clients = { config, metrics: createMessagingMetrics(registry), clock, random, log };
  const { requestPool, workPool, producer, forRequests, transaction, resend } = createTransactionalParts(
    clients,
    { name: 'asset', role: 'exchange_asset', topic: assetTopic, group, resendAfterMs },
  );
  const changes = createSequenceConsumer(clients, { topic: assetTopic, group }, workPool, {
    ASSET_CHANGE: followBalance,
  });
  const trades = createOnceConsumer<LocalTransaction>(
    clients,
    { topic: tradeTopic, group: tradeGroup },
    workPool,
    { transaction, effects: settlementEffects(clock) },
  );

  const lifetime = new Lifetime({
    clock,
    random,
    log,
    prepare: () => migrateAsOwner(postgres, assetMigrations, log),
    producers: [producer],
    consumers: { [group]: changes.consumer, [tradeGroup]: trades },
    loops: [resend, changes.watch],
    pools: [requestPool, workPool],
  });
  const api = {
    deposit: (request: Parameters<typeof deposit>[1], traceId: string) =>
      deposit(forRequests, request, { traceId, clock }),
    balances: (user: string) => balancesOf(requestPool, user),
  };
  const app = createHttpApp(api, { health: () => lifetime.health(), registry, requests, log });
  return runnable(app, lifetime);
}
