/** Looks at the consumer groups of each cluster four times a minute, and at who reads at every fourth look. */
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
import { observeTopology, trackClusters, type ClusterObject, type ClusterView } from '../objects/mod.ts';
import { observeMembers, type LagServers } from './members.ts';
import type { LagMetrics } from './metrics.ts';
import { observeConsumption, type Consumption } from './observe.ts';
import { LagStatuses, type LagStatusDeps } from './statuses.ts';

const PERIOD_MS = 15_000;
/** Who reads changes seldom, and is a question a group to every master. */
const LOOKS_A_MEMBERS = 4;
const CALL_TIMEOUT_MS = 3_000;
const DEADLINE_MS = 60_000;
/** A look at a cluster that hangs holds one. */
const WORKERS = 64;

export interface LagDeps<C extends ClusterObject> extends LagStatusDeps {
  readonly clusters: InformerFace<C>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly serversOf: (view: ClusterView) => LagServers;
  readonly metrics: LagMetrics;
  readonly random: Random;
  readonly controllerMetrics?: ControllerMetrics;
  readonly periodMs?: number;
}

/** The informers have to be synced at its start. */
export function createLagController<C extends ClusterObject>(
  deps: LagDeps<C>,
): { start(signal: AbortSignal): Promise<void> } {
  const looks = new Map<string, Look>();
  const statuses = new LagStatuses(deps);
  const look = async (view: ClusterView, signal: AbortSignal): Promise<void> => {
    const objects = objectsOf(view.key, deps.groups.store.list());
    const names = [...new Set(objects.map(groupNameOf))];
    const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
    const servers = deps.serversOf(view);
    const { masters } = await observeTopology(view, servers, options);
    const last = looks.get(view.key);
    const members =
      last === undefined || last.left === 0
        ? await observeMembers(masters, view.proxy, names, servers, options)
        : last.members;
    looks.set(view.key, { members, left: ((last?.left ?? 0) || LOOKS_A_MEMBERS) - 1 });
    const found = withMembers(await observeConsumption(masters, names, servers, options), members);
    deps.metrics.told(view.key, found);
    await statuses.tell(objects, found, signal);
  };
  const controller = new Controller({
    name: 'lag',
    reconcile: async (key, { signal }): Promise<Outcome> => {
      const view = views.get(key);
      if (view === undefined) {
        looks.delete(key);
        deps.metrics.forget(key);
        return done;
      }
      try {
        await look(view, signal);
      } catch (error) {
        // What was told last is not what is the case.
        deps.metrics.forget(key);
        throw error;
      }
      return { kind: 'Done', requeueAfterMs: deps.periodMs ?? PERIOD_MS };
    },
    workers: WORKERS,
    deadlineMs: DEADLINE_MS,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
  });
  const views = trackClusters(deps.clusters, deps.viewOf, (key) => controller.enqueue(key));
  return { start: (signal) => controller.run(signal) };
}

interface Look {
  readonly members: ReadonlyMap<string, number>;
  /** Looks until members are asked for again. */
  readonly left: number;
}

function withMembers(
  found: ReadonlyMap<string, Consumption>,
  members: ReadonlyMap<string, number>,
): ReadonlyMap<string, Consumption> {
  return new Map(
    [...found].map(([group, consumption]) => {
      const count = members.get(group);
      return [group, count === undefined ? consumption : { ...consumption, members: count }];
    }),
  );
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
