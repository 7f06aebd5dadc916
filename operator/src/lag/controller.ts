/** Looks at the consumer groups of each cluster four times a minute, for metrics, and for their status at most once. */
import { groupNameOf, type ConditionReason, type ConsumerGroup } from '../api/mod.ts';
import {
  Controller,
  done,
  findCondition,
  parseKey,
  type ControllerMetrics,
  type InformerFace,
  type Outcome,
  type Random,
} from '../kube/mod.ts';
import { watchClusters, type ClusterObject, type ClusterView } from '../objects/mod.ts';
import type { LagMetrics } from './metrics.ts';
import { observeConsumption, type LagServers } from './observe.ts';
import { LagStatuses, type LagStatusDeps } from './statuses.ts';

const PERIOD_MS = 15_000;
const CALL_TIMEOUT_MS = 3_000;
const DEADLINE_MS = 60_000;
/** A look at a cluster that hangs holds one. */
const WORKERS = 64;

export interface LagDeps<C extends ClusterObject> extends LagStatusDeps {
  readonly clusters: InformerFace<C>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly servers: LagServers;
  readonly metrics: LagMetrics;
  readonly random: Random;
  readonly controllerMetrics?: ControllerMetrics;
  readonly periodMs?: number;
}

/** The informers have to be synced at its start. */
export function createLagController<C extends ClusterObject>(
  deps: LagDeps<C>,
): { start(signal: AbortSignal): Promise<void> } {
  const views = new Map<string, ClusterView>();
  const statuses = new LagStatuses(deps);
  const look = async (view: ClusterView, signal: AbortSignal): Promise<void> => {
    const objects = objectsOf(view.key, deps.groups.store.list());
    const names = [...new Set(objects.map(groupNameOf))];
    const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
    const found = await observeConsumption(view, names, deps.servers, options);
    deps.metrics.told(view.key, found);
    await statuses.tell(objects, found, signal);
  };
  const controller = new Controller({
    name: 'lag',
    reconcile: async (key, { signal }): Promise<Outcome> => {
      const view = views.get(key);
      if (view === undefined) {
        deps.metrics.forget(key);
        return done;
      }
      await look(view, signal);
      return { kind: 'Done', requeueAfterMs: deps.periodMs ?? PERIOD_MS };
    },
    workers: WORKERS,
    deadlineMs: DEADLINE_MS,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
  });
  watchClusters(deps.clusters, deps.viewOf, (key, view) => {
    if (view === undefined) views.delete(key);
    else views.set(key, view);
    controller.enqueue(key);
  });
  return { start: (signal) => controller.run(signal) };
}

/** Of those that somebody else owns, or that RocketMQ would not have, there is nothing to tell. */
const notItsOwn: ReadonlySet<string> = new Set<ConditionReason>(['Conflict', 'InvalidSpec']);

function objectsOf(clusterKey: string, groups: readonly ConsumerGroup[]): readonly ConsumerGroup[] {
  const { namespace, name } = parseKey(clusterKey);
  return groups.filter(
    ({ metadata, spec, status }) =>
      metadata.namespace === namespace &&
      spec.clusterRef.name === name &&
      metadata.deletionTimestamp === undefined &&
      !notItsOwn.has(findCondition(status?.conditions, 'Ready')?.reason ?? ''),
  );
}
