/** The operator's part for topics, groups and users, as main.ts puts it together. */
import { Registry } from 'prom-client';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type ConsumerGroup,
  type RocketMQCluster,
  type Topic,
} from '../../../operator/src/api/mod.ts';
import { createChildInformers, innerCredentials } from '../../../operator/src/cluster/mod.ts';
import { createResetController, groupKind } from '../../../operator/src/group/mod.ts';
import {
  Informer,
  keyOf,
  LeadershipLostError,
  silentLogger,
  type Clock,
  type EventSink,
  type KubeApi,
  type Logger,
  type Random,
} from '../../../operator/src/kube/mod.ts';
import {
  createNamespaceInformer,
  createObjectController,
  objectMetrics,
  type ClusterView,
} from '../../../operator/src/objects/mod.ts';
import { adminsOf } from '../../../operator/src/rocketmq/admins.ts';
import type { Transport } from '../../../operator/src/rocketmq/transport/pool.ts';
import { topicKind } from '../../../operator/src/topic/mod.ts';
import { createUserController, createUserInformers } from '../../../operator/src/user/mod.ts';

export interface OperatorDeps {
  readonly api: KubeApi;
  readonly transport: Transport;
  readonly viewOf: (cluster: RocketMQCluster) => ClusterView;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (size: number) => Buffer;
  readonly resyncMs: number;
  /** What went wrong in a way that nobody expected. */
  readonly onError: (message: string, context: object) => void;
  readonly onEvent: (about: string, reason: string, note: string) => void;
}

export interface RunningOperator {
  /** As SIGTERM does: passes under way are finished. */
  stop(): Promise<void>;
  /** As SIGKILL does: nothing more leaves the process. */
  kill(): Promise<void>;
}

export function startOperator(deps: OperatorDeps): RunningOperator {
  const { api, clock, random, transport } = deps;
  const stop = new AbortController();
  const log = watchful(deps.onError);
  const base = { client: api, clock, random, log };
  const informers = {
    clusters: new Informer<RocketMQCluster>({ ...base, type: RocketMQClusters }),
    topics: new Informer<Topic>({ ...base, type: Topics }),
    groups: new Informer<ConsumerGroup>({ ...base, type: ConsumerGroups }),
    namespaces: createNamespaceInformer(base),
    ...createUserInformers(base),
    secrets: createChildInformers(base).secrets,
  };
  let dead = false;
  const calls = { transport, requestTimeoutMs: 5_000, mayWrite: (): boolean => !dead };
  const events: EventSink = {
    record: (about, { reason, note }) => deps.onEvent(keyOf(about), reason, note),
  };
  const objectDeps = {
    clock,
    random,
    log,
    api,
    events,
    serversOf: ({ key }: ClusterView) =>
      adminsOf({ ...calls, credentials: innerCredentials(informers.secrets.store, key) }, clock),
    clusters: informers.clusters,
    namespaces: informers.namespaces,
    viewOf: deps.viewOf,
    metrics: objectMetrics(new Registry()),
    resyncMs: deps.resyncMs,
  };
  const work = async (): Promise<void> => {
    const { signal } = stop;
    try {
      await Promise.all(Object.values(informers).map(({ synced }) => synced));
    } catch (error) {
      // It was ended before it had listed everything.
      if (signal.aborted) return;
      throw error;
    }
    const controllers = [
      createObjectController(topicKind, informers.topics, objectDeps),
      createObjectController(groupKind, informers.groups, objectDeps),
      createUserController({ ...objectDeps, ...informers, randomBytes: deps.randomBytes }),
      createResetController({ ...objectDeps, groups: informers.groups }),
    ];
    await Promise.all(controllers.map((controller) => controller.start(signal)));
  };
  const running = Promise.all([
    work(),
    ...Object.values(informers).map((informer) => informer.run(stop.signal)),
  ]);
  const end = async (reason: Error): Promise<void> => {
    stop.abort(reason);
    await running;
  };
  return {
    stop: async () => end(new Error('SIGTERM')),
    kill: async () => {
      dead = true;
      await end(new LeadershipLostError('SIGKILL'));
    },
  };
}

/** Errors are for what the code did not expect; of what brokers do it only warns. */
function watchful(onError: OperatorDeps['onError']): Logger {
  const log: Logger = {
    ...silentLogger,
    error: (context, message) => onError(message, context),
    child: () => log,
  };
  return log;
}
