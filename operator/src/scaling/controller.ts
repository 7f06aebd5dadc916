/** Sets the replicas of consumers by what waits for their group: observe, decide, actuate, tell; a key a ConsumerGroup. */
import { clusterKeyIn, type ConsumerGroup } from '../api/mod.ts';
import {
  Controller,
  done,
  findCondition,
  keyOf,
  type Clock,
  type ControllerMetrics,
  type EventSink,
  type InformerFace,
  type KubeApi,
  type Logger,
  type Namespace,
  type Outcome,
  type Random,
} from '../kube/mod.ts';
import type { LagServers } from '../lag/mod.ts';
import { lookUpIn, trackClusters, type ClusterObject, type ClusterView } from '../objects/mod.ts';
import { decide } from './decide.ts';
import { GroupScaler, type Decide } from './group-scaler.ts';
import { KedaBoard } from './keda/board.ts';
import { serveWhenAsked } from './keda/serve.ts';
import { Ledger } from './ledger.ts';
import type { ScalingMetrics } from './metrics.ts';
import { QueueObserver } from './observe-queues.ts';
import { PodWatches } from './pod-watches.ts';
import { Rivals } from './rivals.ts';
import { ScalingStatuses } from './statuses.ts';

/** More than three calls that take their full time. */
const DEADLINE_MS = 30_000;
/** A poll that waits for a server that hangs holds one; those of other clusters go on. */
const WORKERS = 256;
/** Groups that are there when the operator starts are not all asked about at once. */
const SPREAD_MS = 2_000;

export interface ScalingDeps<C extends ClusterObject> {
  readonly api: KubeApi;
  readonly clusters: InformerFace<C>;
  readonly namespaces: Pick<InformerFace<Namespace>, 'store'>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store' | 'onChange'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly serversOf: (view: ClusterView) => LagServers;
  /** Instead of decide.ts. */
  readonly decide?: Decide;
  /** Messages that were delivered to gRPC clients and not acknowledged; undefined: unknown. */
  readonly inFlightOf?: (cluster: string, group: string) => number | undefined;
  /** host:port on which KEDA is answered when some group asks for it. */
  readonly kedaAddress?: string;
  readonly metrics: ScalingMetrics;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly controllerMetrics?: ControllerMetrics;
  readonly statusPeriodMs?: number;
  readonly callTimeoutMs?: number;
}

/** The informers have to be synced at its start. */
export function createScalingController<C extends ClusterObject>(
  deps: ScalingDeps<C>,
): { start(signal: AbortSignal): Promise<void> } {
  const { clock, random, log, groups } = deps;
  const keda = new KedaBoard();
  const pods = new PodWatches({ client: deps.api, clock, random, log });
  const scaler = new GroupScaler({
    decide,
    ...deps,
    viewFor: (cluster) => views.get(cluster),
    namespaces: lookUpIn(deps.namespaces),
    pods,
    rivals: new Rivals(deps.api, clock),
    observer: new QueueObserver(clock, deps.callTimeoutMs),
    ledger: new Ledger(),
    keda,
    statuses: new ScalingStatuses(deps),
  });
  const controller = new Controller({
    name: 'scaling',
    reconcile: async (key, { signal }): Promise<Outcome> => {
      const object = groups.store.get(key);
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
        scaler.forget(key);
        return done;
      }
      return scaler.poll(object, signal);
    },
    workers: WORKERS,
    deadlineMs: DEADLINE_MS,
    clock,
    random,
    log,
    ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
  });
  const views = trackClusters(deps.clusters, deps.viewOf, (cluster) => {
    for (const object of groups.store.list()) if (isOf(object, cluster)) controller.enqueue(keyOf(object));
  });
  groups.onChange(({ type, object, previous }) => {
    const key = keyOf(object);
    if (type === 'Deleted') controller.enqueue(key);
    else if (previous === undefined) {
      if (concernsUs(object)) controller.enqueueAfter(key, random() * SPREAD_MS);
    } else if (isNews(object, previous)) controller.enqueue(key);
  });
  return {
    start: async (signal) => {
      const serving =
        deps.kedaAddress === undefined ? undefined : serveWhenAsked(keda, deps.kedaAddress, log, signal);
      await Promise.all([controller.run(signal), serving]);
      pods.end();
    },
  };
}

function isOf(object: ConsumerGroup, cluster: string): boolean {
  return object.spec.scaling !== undefined && clusterKeyIn(object) === cluster;
}

/** `status.scaling` without `spec.scaling` is what is left of it. */
function concernsUs({ spec, status }: ConsumerGroup): boolean {
  return spec.scaling !== undefined || status?.scaling !== undefined;
}

/** Our own words come back as changes, and are no reason to look earlier. */
function isNews(object: ConsumerGroup, previous: ConsumerGroup): boolean {
  return (
    (concernsUs(object) || concernsUs(previous)) &&
    (object.metadata.generation !== previous.metadata.generation ||
      object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
      object.metadata.uid !== previous.metadata.uid ||
      readyReasonOf(object) !== readyReasonOf(previous))
  );
}

/** Of one that is not the cluster's own it tells that it has become so. */
function readyReasonOf({ status }: ConsumerGroup): string | undefined {
  return findCondition(status?.conditions, 'Ready')?.reason;
}
