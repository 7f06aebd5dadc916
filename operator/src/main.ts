/** The operator's process: reads its configuration, builds the clients, starts the controllers. Nothing else. */
import { randomBytes, randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RocketMQCluster } from './api/mod.ts';
import { clusterView, createClusterController, failoverMetrics, innerCredentials } from './cluster/mod.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { createResetController, groupKind } from './group/mod.ts';
import { metrics, probe, startHttpServer, type Health } from './http-server.ts';
import { createInformers } from './informers.ts';
import {
  Applier,
  EventRecorder,
  fenced,
  KubeClient,
  LeaderElector,
  systemClock,
  type Logger,
} from './kube/mod.ts';
import { createLagController, InFlightBoard, lagMetrics } from './lag/mod.ts';
import { createLogger } from './logging.ts';
import { controllerMetrics, processMemoryMetric } from './monitoring/mod.ts';
import { createObjectController, objectMetrics, type ClusterView } from './objects/mod.ts';
import { RocketmqClient } from './rocketmq/mod.ts';
import { createScalingController, scalingMetrics } from './scaling/mod.ts';
import { topicKind } from './topic/mod.ts';
import { createUserController } from './user/mod.ts';

const FIELD_MANAGER = 'gantry';
/**
 * Twice what client-go takes: a starved API server answers after seconds, and a leader that gives up starts anew with
 * empty caches. Nothing that a running RocketMQ does waits for the operator.
 */
const LEASE = { leaseDurationMs: 30_000, renewDeadlineMs: 20_000 } as const;

/** @returns the exit code: 0 after a requested stop, 1 when leadership was lost and the process must start anew. */
async function run(config: Config, log: Logger, stop: AbortSignal): Promise<number> {
  const clock = systemClock;
  const random = Math.random;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const api = new KubeClient({ kubeConfig, fieldManager: FIELD_MANAGER });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  processMemoryMetric(registry);
  const reconciliations = controllerMetrics(registry);

  // A restarted container is another candidate than the one before, which has ended: the kubelet starts no second one beside
  // a first. Of a host nothing like that is known.
  const place = config.podUid === undefined ? undefined : `${config.identity}_${config.podUid}_`;
  const identity = `${place ?? `${config.identity}_`}${randomUUID()}`;
  const elector = new LeaderElector({
    client: api,
    namespace: config.namespace,
    name: 'gantry',
    ...LEASE,
    identity,
    ...(place === undefined ? {} : { predecessors: place }),
    clock,
    random,
    log,
  });
  const mayWrite = (): boolean => elector.isLeader();
  const client = config.leaderElection ? fenced(api, mayWrite) : api;
  const rocketmq = new RocketmqClient(config.leaderElection ? { mayWrite } : {});
  if (config.image === undefined)
    log.warn(
      {},
      'GANTRY_IMAGE is not set: new pods of brokers get no guard (docs/decisions/0013-a-guard-beside-each-broker.md)',
    );
  const informers = createInformers({ client, clock, random, log });
  const events = new EventRecorder({
    client,
    source: { controller: 'rocketmq.gantry.dev/gantry', instance: config.identity },
    clock,
    random,
    log,
  });
  const applier = new Applier({ client, log });
  const deps = {
    events,
    clock,
    random,
    log,
  };
  const objectDeps = {
    ...deps,
    api: client,
    serversOf: ({ key }: ClusterView) => rocketmq.as(innerCredentials(informers.secrets.store, key)),
    clusters: informers.clusters,
    namespaces: informers.namespaces,
    viewOf: (cluster: RocketMQCluster) => clusterView(cluster, config.clusterDomain),
    metrics: objectMetrics(registry),
    controllerMetrics: reconciliations,
    resyncMs: config.resyncMs,
  };

  const unsynced = (): readonly string[] =>
    Object.entries(informers).flatMap(([name, informer]) => (informer.hasSynced() ? [] : [name]));
  const server = await startHttpServer({
    port: config.httpPort,
    pages: {
      // A process that answers is as well as a restart would make it.
      '/healthz': probe(() => ({ healthy: true })),
      '/readyz': probe(() => readinessOf(unsynced())),
      '/metrics': metrics(registry),
    },
  });

  const work = async (signal: AbortSignal): Promise<void> => {
    const synced = Promise.all(Object.values(informers).map((informer) => informer.synced));
    // Leadership may be gone before a slow server has listed everything.
    await Promise.race([synced, aborted(signal)]);
    if (signal.aborted) return;
    const inFlight = new InFlightBoard(clock);
    const controllers = [
      createClusterController({
        ...deps,
        client,
        informers,
        rocketmq,
        applier,
        metrics: reconciliations,
        failovers: failoverMetrics(registry),
        ...(config.image === undefined ? {} : { guardImage: config.image }),
        domain: config.clusterDomain,
        operatorNamespace: config.namespace,
        randomBytes,
      }),
      createObjectController(topicKind, informers.topics, objectDeps),
      createObjectController(groupKind, informers.groups, objectDeps),
      createUserController({ ...objectDeps, ...informers, randomBytes }),
      createResetController({ ...objectDeps, groups: informers.groups }),
      createLagController({ ...objectDeps, ...informers, inFlight, metrics: lagMetrics(registry) }),
      createScalingController({
        ...objectDeps,
        groups: informers.groups,
        inFlightOf: (cluster, group) => inFlight.of(cluster, group),
        kedaAddress: `0.0.0.0:${config.kedaPort}`,
        metrics: scalingMetrics(registry),
      }),
    ];
    // Events end after the last passes, which have something to tell too.
    const telling = new AbortController();
    const passes = Promise.all(controllers.map((controller) => controller.start(signal)));
    await Promise.all([passes.finally(() => telling.abort()), events.run(telling.signal)]);
  };
  const watches = Promise.all(Object.values(informers).map((informer) => informer.run(stop)));
  try {
    if (!config.leaderElection) {
      await work(stop);
      return 0;
    }
    const onLost = (): void => log.error({ identity }, 'exiting: another process may lead now');
    return (await elector.run({ onStarted: work, onLost }, stop)) === 'Lost' ? 1 : 0;
  } finally {
    if (stop.aborted) await watches;
    await Promise.all([server.close(), rocketmq.close(), api.close()]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function readinessOf(unsynced: readonly string[]): Health {
  return unsynced.length === 0
    ? { healthy: true }
    : { healthy: false, problem: `not yet listed: ${unsynced.join(', ')}` };
}

function startingConfig(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

const config = startingConfig();
const log = createLogger(config.logLevel);
log.info({ config }, 'starting');
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'stopping');
    stopping.abort(new Error(`received ${signal}`));
  });
}
try {
  process.exitCode = await run(config, log, stopping.signal);
  log.info({ exitCode: process.exitCode }, 'stopped');
} catch (error) {
  log.error({ error }, 'the operator failed');
  process.exitCode = 1;
}
// Whatever is still open (a hung reconciliation, say) must not keep a process alive that has given its lease back.
process.exit();
