/** Looks at the consumer groups of each cluster four times a minute, and at who reads what at every fourth look. */
import {
  clusterKeyIn,
  ConsumerGroups,
  groupNameOf,
  topicNameOf,
  Topics,
  type ConsumerGroup,
  type Topic,
} from '../api/mod.ts';
import {
  Controller,
  done,
  type ControllerMetrics,
  type InformerFace,
  type Namespace,
  type Outcome,
  type Random,
} from '../kube/mod.ts';
import {
  lookUpIn,
  observeTopology,
  trackClusters,
  whyNotItsOwn,
  type ClusterObject,
  type ClusterView,
  type NamespaceLookup,
} from '../objects/mod.ts';
import type { InFlightBoard } from './in-flight-board.ts';
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
  readonly namespaces: Pick<InformerFace<Namespace>, 'store'>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store'>;
  readonly topics: Pick<InformerFace<Topic>, 'store'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly serversOf: (view: ClusterView) => LagServers;
  readonly metrics: LagMetrics;
  readonly inFlight: InFlightBoard;
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
    const namespaces = lookUpIn(deps.namespaces);
    const groups = objectsOf(view, deps.groups.store.list(), namespaces);
    const topics = objectsOf(view, deps.topics.store.list(), namespaces);
    const names = [...new Set(groups.own.map(groupNameOf))];
    const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
    const servers = deps.serversOf(view);
    const { masters } = await observeTopology(view, servers, options);
    const last = seldoms.get(view.key);
    const isDue = last === undefined || last.left === 0;
    const seldom = isDue
      ? await observeSeldom(view, masters, names, servers, { clock: deps.clock, ...options })
      : last;
    seldoms.set(view.key, { ...seldom, left: (isDue ? LOOKS_A_TURN : last.left) - 1 });
    if (isDue) deps.inFlight.heard(view.key, seldom.inFlight);
    tellUnknown(view.key, last, seldom);
    const found = withSeldom(await observeConsumption(masters, names, servers, options), seldom);
    deps.metrics.told(view.key, found);
    await groupStatuses.tell(groups.own, (group) => lagStatus(found.get(groupNameOf(group)) ?? {}), signal);
    await topicStatuses.tell(
      topics.own,
      (topic) => readersStatus(topicNameOf(topic), seldom.readers),
      signal,
    );
    // What was told of them once would stay.
    await groupStatuses.tell(groups.others, () => lagStatus({}), signal);
    await topicStatuses.tell(topics.others, (topic) => readersStatus(topicNameOf(topic), undefined), signal);
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
        deps.inFlight.forget(key);
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

interface ObjectsOf<O> {
  /** Those that are the cluster's. */
  readonly own: readonly O[];
  /** Those that only refer to it: of them there is nothing to tell. */
  readonly others: readonly O[];
}

function objectsOf<O extends Topic | ConsumerGroup>(
  view: ClusterView,
  objects: readonly O[],
  namespaces: NamespaceLookup,
): ObjectsOf<O> {
  const all = objects.filter(
    (object) => clusterKeyIn(object) === view.key && object.metadata.deletionTimestamp === undefined,
  );
  const isOwn = (object: O): boolean =>
    whyNotItsOwn({ object, clusterKey: view.key }, view, namespaces) === undefined;
  return { own: all.filter(isOwn), others: all.filter((object) => !isOwn(object)) };
}
