import {
  clusterKeyIn,
  describeProblems,
  parseCluster,
  RocketMQClusters,
  type RocketMQCluster,
  type RocketMQClusterStatus,
} from '../api/mod.ts';
import {
  Controller,
  done,
  findCondition,
  keyOf,
  type ControllerFace,
  type Outcome,
  type ReconcileContext,
} from '../kube/mod.ts';
import { noMemory, type MemberMemory } from './attend.ts';
import { defaultClusterDomain } from './addresses.ts';
import { isOnEveryBroker } from './access.ts';
import { clusterKeyOf } from './children.ts';
import type { ClusterControllerDeps } from './deps.ts';
import { keepGlancing, type Glance } from './glance.ts';
import { isDeparting } from './nodes.ts';
import { reconcileCluster, type Pass } from './reconcile.ts';
import { refusedStatus } from './status.ts';

export interface ClusterController {
  readonly controller: ControllerFace;
  /** Runs until the signal; the informers have to be running and synced. */
  start(signal: AbortSignal): Promise<void>;
}

/**
 * Clusters are reconciled side by side, so that one that hangs delays only itself. A worker is a promise and costs nothing;
 * a pass over a cluster that lost a node waits for tens of seconds, and a node may have members of many.
 */
const workers = 256;
const deadlineMs = 60_000;
/** How often a cluster that is Ready is asked how it is. */
const watchMs = 10_000;
/** How often one that is on its way is. */
const pollMs = 2_000;
/** How often one that was Ready, and of which a group refuses sends, is. */
const urgentPollMs = 500;
/** How long a Ready cluster stays so while nobody answers. */
const benefitOfDoubtMs = 30_000;

/** What is kept of a cluster between passes. Losing it costs nothing but a question or two. */
interface Memory {
  /** On the monotonic clock. */
  readonly lastReadyMs: number;
  readonly members: MemberMemory;
  readonly glance: Glance | undefined;
  /** As last written: a cache that has not seen that write yet would give a transition another time. */
  readonly written: Pick<RocketMQClusterStatus, 'conditions' | 'rollout'> | undefined;
}

const nothingKnown: Memory = {
  lastReadyMs: Number.NEGATIVE_INFINITY,
  members: noMemory,
  glance: undefined,
  written: undefined,
};

export function createClusterController(deps: ClusterControllerDeps): ClusterController {
  const memories = new Map<string, Memory>();
  const glances = () => new Map([...memories].map(([key, { glance }]) => [key, glance]));
  const controller = new Controller({
    name: 'cluster',
    reconcile: (key, context) => reconcile(deps, memories, key, context),
    workers,
    deadlineMs,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    ...(deps.metrics === undefined ? {} : { metrics: deps.metrics }),
  });
  enqueueOnChange(deps.informers, controller);
  return {
    controller,
    async start(signal) {
      for (const cluster of deps.informers.clusters.store.list()) controller.enqueue(keyOf(cluster));
      const changed = (key: string): void => controller.enqueue(key);
      await Promise.all([controller.run(signal), keepGlancing(deps, glances, changed, signal)]);
    },
  };
}

function enqueueOnChange(
  { clusters, nodes, users, ...children }: ClusterControllerDeps['informers'],
  controller: ControllerFace,
): void {
  clusters.onChange(({ object }) => controller.enqueue(keyOf(object)));
  for (const informer of Object.values(children)) {
    informer.onChange(({ object }: { readonly object: Parameters<typeof clusterKeyOf>[0] }) => {
      const key = clusterKeyOf(object);
      if (key !== undefined) controller.enqueue(key);
    });
  }
  users.onChange(({ object, previous }) => {
    if (previous !== undefined && isOnEveryBroker(object) === isOnEveryBroker(previous)) return;
    const key = clusterKeyIn(object);
    const ready = findCondition(clusters.store.get(key)?.status?.conditions, 'Ready');
    if (ready?.reason === 'WaitingForUsers') controller.enqueue(key);
  });
  nodes.onChange(({ object, previous }) => {
    if (isDeparting(object) === (previous !== undefined && isDeparting(previous))) return;
    for (const pod of children.pods.store.list()) {
      const key = pod.spec?.nodeName === object.metadata.name ? clusterKeyOf(pod) : undefined;
      if (key !== undefined) controller.enqueue(key);
    }
  });
}

async function reconcile(
  deps: ClusterControllerDeps,
  memories: Map<string, Memory>,
  key: string,
  { signal }: ReconcileContext,
): Promise<Outcome> {
  const cluster = deps.informers.clusters.store.get(key);
  // The children go with their owner; making one of them again now would only delay that.
  if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) {
    memories.delete(key);
    deps.failovers.forget(key);
    return done;
  }
  const parsed = parseCluster(cluster);
  if (!parsed.ok) {
    return refuse(deps, cluster, describeProblems(parsed.problems), signal);
  }
  const before = memories.get(key) ?? nothingKnown;
  const pass = await reconcileCluster({
    cluster: withKnown(parsed.value, before.written),
    key,
    domain: deps.domain ?? defaultClusterDomain,
    deps,
    signal,
    memory: before.members,
  });
  const now = deps.clock.monotonicMs();
  const lastReadyMs = pass.ready || pass.held !== undefined ? now : before.lastReadyMs;
  const doubtful = pass.unknownOnly && now - lastReadyMs < benefitOfDoubtMs;
  // Silence is no news: what was last known stands for a while.
  memories.set(key, {
    lastReadyMs,
    members: pass.memory,
    glance: pass.glance,
    written: doubtful ? before.written : pass.status,
  });
  if (!doubtful) await writeStatus(deps, cluster, pass.status, signal);
  // While a cluster starts nobody is refused anything yet, and its processes need the machine.
  const urgent = pass.urgent && Number.isFinite(lastReadyMs);
  return outcomeOf(pass, urgent ? urgentPollMs : waitOf(pass, deps.clock.now()));
}

/** While it waits for a window a cluster is looked at as one that is Ready, and again when the window opens. */
function waitOf({ held }: Pass, nowMs: number): number {
  if (held === undefined) return pollMs;
  const untilOpenMs = (held.opensAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
  return Math.min(watchMs, Math.max(urgentPollMs, untilOpenMs));
}

function withKnown(cluster: RocketMQCluster, written: Memory['written']): RocketMQCluster {
  if (written === undefined) return cluster;
  const { rollout: _stale, ...status } = cluster.status ?? {};
  const { conditions, rollout } = written;
  return {
    ...cluster,
    status: {
      ...status,
      ...(conditions === undefined ? {} : { conditions }),
      ...(rollout === undefined ? {} : { rollout }),
    },
  };
}

function outcomeOf(pass: Pass, waitMs: number): Outcome {
  if (pass.failure !== undefined && pass.failure.trouble === undefined) {
    const { error } = pass.failure;
    const message = error instanceof Error ? error.message : String(error);
    // What is asked of RocketMQ makes no event in Kubernetes, and what fails here has nothing to do with it.
    const atMostMs = pass.ready ? watchMs : Math.max(waitMs, pollMs);
    return { kind: 'Retry', reason: 'ApiCallFailed', message, cause: error, atMostMs };
  }
  if (pass.ready) return { kind: 'Done', requeueAfterMs: watchMs };
  return { kind: 'Wait', reason: pass.reason, message: pass.message, pollMs: waitMs };
}

async function refuse(
  deps: ClusterControllerDeps,
  cluster: RocketMQCluster,
  message: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const trouble = { reason: 'InvalidSpec', message } as const;
  const status = refusedStatus(cluster, trouble, deps.clock.now());
  await writeStatus(deps, cluster, status, signal);
  return { kind: 'Terminal', ...trouble };
}

async function writeStatus(
  deps: ClusterControllerDeps,
  cluster: RocketMQCluster,
  status: Pass['status'],
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = cluster.metadata;
  const intent = {
    apiVersion: cluster.apiVersion,
    kind: cluster.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    status,
  };
  await deps.applier.apply(RocketMQClusters, intent, {
    observed: cluster,
    subresource: 'status',
    signal,
    timeoutMs: 10_000,
  });
}
