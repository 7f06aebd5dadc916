/** Looks at the consumer groups of each cluster four times a minute, and at who reads what at every fourth look. */
import {
  ConsumerGroups,
  groupNameOf,
  topicNameOf,
  Topics,
  type ConditionReason,
  type ConsumerGroup,
  type Topic,
} from '../api/mod.ts';
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
import { type LagServers } from './members.ts';
import type { LagMetrics } from './metrics.ts';
import { observeConsumption } from './observe.ts';
import { readersStatus, toldReaders } from './readers.ts';
import { observeSeldom, withSeldom, type Seldom } from './seldom.ts';
import { lagStatus } from './status.ts';
import { PartialStatuses, type LagStatusDeps, type StatusPart } from './statuses.ts';

const PERIOD_MS = 15_000;
/** Who reads changes seldom, and costs masters a question a group, and all their metrics. */
const LOOKS_A_TURN = 4;
const CALL_TIMEOUT_MS = 3_000;
const DEADLINE_MS = 60_000;
/** A look at a cluster that hangs holds one. */
const WORKERS = 64;

export interface LagDeps<C extends ClusterObject> extends LagStatusDeps {
  readonly clusters: InformerFace<C>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store'>;
  readonly topics: Pick<InformerFace<Topic>, 'store'>;
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
  const seldoms = new Map<string, Seldom & { readonly left: number }>();
  const groupStatuses = new PartialStatuses(consumptionPart, deps);
  const topicStatuses = new PartialStatuses(readersPart, deps);
  const look = async (view: ClusterView, signal: AbortSignal): Promise<void> => {
    const groups = objectsOf(view.key, deps.groups.store.list());
    const topics = objectsOf(view.key, deps.topics.store.list());
    const names = [...new Set(groups.map(groupNameOf))];
    const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
    const servers = deps.serversOf(view);
    const { masters } = await observeTopology(view, servers, options);
    const last = seldoms.get(view.key);
    const isDue = last === undefined || last.left === 0;
    const seldom = isDue
      ? await observeSeldom(view, masters, names, servers, { clock: deps.clock, ...options })
      : last;
    seldoms.set(view.key, { ...seldom, left: (isDue ? LOOKS_A_TURN : last.left) - 1 });
    tellUnknown(view.key, last, seldom);
    const found = withSeldom(await observeConsumption(masters, names, servers, options), seldom);
    deps.metrics.told(view.key, found);
    await groupStatuses.tell(groups, (group) => lagStatus(found.get(groupNameOf(group)) ?? {}), signal);
    await topicStatuses.tell(topics, (topic) => readersStatus(topicNameOf(topic), seldom.readers), signal);
  };
  const tellUnknown = (cluster: string, last: Seldom | undefined, { inFlight }: Seldom): void => {
    if (inFlight.kind === 'Known') return;
    if (last?.inFlight.kind === 'Unknown' && last.inFlight.why === inFlight.why) return;
    deps.log.info({ cluster, why: inFlight.why }, 'how many messages are in flight is unknown');
  };
  const controller = new Controller({
    name: 'lag',
    reconcile: async (key, { signal }): Promise<Outcome> => {
      const view = views.get(key);
      if (view === undefined) {
        seldoms.delete(key);
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

const consumptionPart: StatusPart<ConsumerGroup> = {
  type: ConsumerGroups,
  told: ({ status }) => status?.consumption ?? {},
  inStatus: (consumption) => ({ consumption }),
};

const readersPart: StatusPart<Topic> = { type: Topics, told: toldReaders, inStatus: (readers) => readers };

/** Of those that somebody else owns, or that RocketMQ would not have, there is nothing to tell. */
const notItsOwn: ReadonlySet<string> = new Set<ConditionReason>(['Conflict', 'InvalidSpec']);

function objectsOf<O extends Topic | ConsumerGroup>(clusterKey: string, objects: readonly O[]): readonly O[] {
  const { namespace, name } = parseKey(clusterKey);
  return objects.filter(
    ({ metadata, spec, status }) =>
      metadata.namespace === namespace &&
      spec.clusterRef.name === name &&
      metadata.deletionTimestamp === undefined &&
      !notItsOwn.has(findCondition(status?.conditions, 'Ready')?.reason ?? ''),
  );
}
