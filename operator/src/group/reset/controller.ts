/** Carries out `spec.resetOffset` of ConsumerGroups, each id once. */
import {
  clusterKeyIn,
  ConsumerGroups,
  groupNameOf,
  parseConsumerGroup,
  type ConsumerGroup,
} from '../../api/mod.ts';
import {
  Controller,
  done,
  keyOf,
  parseKey,
  type Clock,
  type ControllerMetrics,
  type EventSink,
  type InformerFace,
  type KubeApi,
  type Logger,
  type Namespace,
  type Outcome,
  type Random,
} from '../../kube/mod.ts';
import {
  consentTo,
  firstLine,
  isSettled,
  isSilence,
  lookUpIn,
  observeTopology,
  trackClusters,
  type ClusterObject,
  type ClusterView,
  type RocketmqServers,
} from '../../objects/mod.ts';
import { RocketmqError, type CallOptions } from '../../rocketmq/mod.ts';
import { movePlaces, placesOf } from './move.ts';
import { afterGroup, afterTopic, nextStep, type Moved, type ResetStatus, type Step } from './progress.ts';

const WORKERS = 8;
const DEADLINE_MS = 60_000;
const CALL_TIMEOUT_MS = 5_000;
/** As the status takes it. */
const LONGEST_MESSAGE = 1_024;
/** A change of the object itself wakes it earlier. */
const POLL_MS = 60_000;

export interface ResetDeps<C extends ClusterObject> {
  readonly api: Pick<KubeApi, 'get' | 'mergePatch'>;
  readonly clusters: InformerFace<C>;
  readonly namespaces: Pick<InformerFace<Namespace>, 'store'>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'onChange'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly serversOf: (view: ClusterView) => RocketmqServers;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly controllerMetrics?: ControllerMetrics;
  readonly pollMs?: number;
  readonly callTimeoutMs?: number;
}

/** The informers have to be synced at its start. */
export function createResetController<C extends ClusterObject>(
  deps: ResetDeps<C>,
): { start(signal: AbortSignal): Promise<void> } {
  const views = trackClusters(deps.clusters, deps.viewOf);
  const moved: MovedTopics = new Map();
  const controller = new Controller({
    name: 'reset-offset',
    reconcile: async (key, { signal }) => new Reset(deps, views, moved, signal).of(key),
    workers: WORKERS,
    deadlineMs: DEADLINE_MS,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
  });
  deps.groups.onChange(({ type, object, previous }) => {
    if (type === 'Deleted') forget(moved, object);
    // Our own words come back as changes, and are no reason to try again.
    else if (isNews(object, previous) && stepOf(object, 0).kind !== 'Nothing')
      controller.enqueue(keyOf(object));
  });
  return { start: (signal) => controller.run(signal) };
}

/**
 * Of resets that go on: what was moved on masters that are not through, by broker group and topic. A restart of the operator
 * forgets it, and moves the topics of one master once more.
 */
type MovedTopics = Map<string, Map<string, Moved>>;

interface Master {
  readonly group: string;
  readonly address: string;
}

function doneKey({ metadata }: ConsumerGroup, { id }: ResetStatus): string {
  return `${metadata.uid ?? ''} ${id}`;
}

function forget(moved: MovedTopics, { metadata }: ConsumerGroup): void {
  for (const key of moved.keys()) if (key.startsWith(`${metadata.uid ?? ''} `)) moved.delete(key);
}

/** Of one that cannot be read the loop of groups says why. */
function stepOf(object: ConsumerGroup, nowMs: number): Step {
  const parsed = parseConsumerGroup(object);
  return parsed.ok ? nextStep(parsed.value, nowMs) : { kind: 'Nothing' };
}

function isNews(object: ConsumerGroup, previous: ConsumerGroup | undefined): boolean {
  return (
    previous === undefined ||
    object.metadata.generation !== previous.metadata.generation ||
    isReady(object) !== isReady(previous)
  );
}

/** @throws what is no word of a broker */
function wordsOf(error: unknown): string {
  if (!(error instanceof RocketmqError)) throw error;
  return firstLine(error.message);
}

class Reset<C extends ClusterObject> {
  readonly #deps: ResetDeps<C>;
  readonly #views: ReadonlyMap<string, ClusterView>;
  readonly #done: MovedTopics;
  readonly #signal: AbortSignal;
  readonly #options: CallOptions;

  constructor(
    deps: ResetDeps<C>,
    views: ReadonlyMap<string, ClusterView>,
    moved: MovedTopics,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#views = views;
    this.#done = moved;
    this.#signal = signal;
    this.#options = { signal, timeoutMs: deps.callTimeoutMs ?? CALL_TIMEOUT_MS };
  }

  async of(key: string): Promise<Outcome> {
    const { api, clock } = this.#deps;
    // What the informer has may be from before our own last word.
    const object = await api.get(ConsumerGroups, parseKey(key), { signal: this.#signal });
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return done;
    const step = stepOf(object, clock.now());
    switch (step.kind) {
      case 'Nothing':
        return done;
      case 'Refuse':
        await this.#tell(object, step.status);
        return done;
      case 'Begin':
      case 'GoOn':
        return this.#move(object, step.status, step.kind === 'Begin');
      default:
        return step satisfies never;
    }
  }

  async #move(object: ConsumerGroup, begun: ResetStatus, isNew: boolean): Promise<Outcome> {
    const clusterKey = clusterKeyIn(object);
    const view = this.#views.get(clusterKey);
    if (!isReady(object) || view === undefined) return this.#wait('the group is not Ready');
    if (consentTo({ object, clusterKey }, view, lookUpIn(this.#deps.namespaces)) !== 'Given')
      return this.#wait('its RocketMQCluster takes no objects of its namespace');
    if (view.paused) return this.#wait('its RocketMQCluster is paused');
    const servers = this.#deps.serversOf(view);
    const masters = await this.#masters(view, servers);
    // Nothing is moved anywhere before it can be moved everywhere.
    if (typeof masters === 'string') return this.#later(object, begun, masters);
    if (isNew) await this.#tell(object, begun);
    let status = begun;
    for (const master of masters) {
      const { group } = master;
      if (status.doneOn?.includes(group) === true) continue;
      const { moved, failure } = await this.#moveOn(master, servers, object, status);
      status = moved;
      if (failure !== undefined) return this.#later(object, status, `${group}: ${failure}`);
      status = afterGroup(status, group);
      if (status.state === 'Running') await this.#tell(object, status);
    }
    this.#done.delete(doneKey(object, status));
    await this.#tell(object, { ...status, state: status.state === 'Running' ? 'Done' : 'Planned' });
    if (status.state === 'Running') this.#announce(object, status);
    return done;
  }

  /** @returns why not: one is not known */
  async #masters(view: ClusterView, servers: RocketmqServers): Promise<readonly Master[] | string> {
    const { masters } = await observeTopology(view, servers, this.#options);
    const unsure = masters.flatMap((master) => (master.kind === 'Confirmed' ? [] : [master.why]));
    if (unsure.length > 0) return [...new Set(unsure)].join('; ');
    return masters.flatMap((master) => (master.kind === 'Confirmed' ? [master] : []));
  }

  /** Every topic on one master but those that were moved before: they would go back once more. */
  async #moveOn(
    { group: brokerGroup, address }: Master,
    servers: RocketmqServers,
    object: ConsumerGroup,
    begun: ResetStatus,
  ): Promise<{ readonly moved: ResetStatus; readonly failure: string | undefined }> {
    const broker = servers.broker(address);
    const group = groupNameOf(object);
    const toMs = Date.parse(begun.toTime ?? '');
    const dryRun = begun.state === 'Planning';
    const key = doneKey(object, begun);
    const gone = this.#done.get(key) ?? new Map<string, Moved>();
    if (!dryRun) this.#done.set(key, gone);
    let moved = begun;
    let failure: string | undefined;
    try {
      for (const [topic, from] of await placesOf(broker, group, begun.topics, this.#options)) {
        const place = `${brokerGroup} ${topic}`;
        try {
          const how =
            gone.get(place) ??
            (await movePlaces(broker, { group, topic, from, toMs, dryRun }, this.#options));
          if (!dryRun) gone.set(place, how);
          moved = afterTopic(moved, how);
        } catch (error) {
          failure = `${topic}: ${wordsOf(error)}`;
          if (isSilence(error)) break;
        }
      }
    } catch (error) {
      failure = wordsOf(error);
    }
    this.#signal.throwIfAborted();
    return failure === undefined ? { moved, failure } : { moved: begun, failure };
  }

  /** Waits without a word in the status: the conditions of the object say what is in the way. */
  #wait(message: string): Outcome {
    return { kind: 'Wait', reason: 'NotReady', message, pollMs: this.#deps.pollMs ?? POLL_MS };
  }

  async #later(object: ConsumerGroup, status: ResetStatus, message: string): Promise<Outcome> {
    const short = message.slice(0, LONGEST_MESSAGE);
    if (status.message !== short) await this.#tell(object, { ...status, message: short });
    return { kind: 'Retry', reason: 'BrokerUnreachable', message };
  }

  async #tell({ metadata }: ConsumerGroup, resetOffset: ResetStatus): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    const absent = { toTime: null, topics: null, again: null, skipped: null, doneOn: null, message: null };
    await this.#deps.api.mergePatch(
      ConsumerGroups,
      { namespace, name },
      { metadata: { uid }, status: { resetOffset: { ...absent, ...resetOffset } } },
      { subresource: 'status', signal: this.#signal },
    );
  }

  #announce(object: ConsumerGroup, { id, toTime = '', again = 0, skipped = 0 }: ResetStatus): void {
    const note = `offsets of ${groupNameOf(object)} were reset to ${toTime} (${id}): ${again} messages are delivered again, ${skipped} are skipped`;
    this.#deps.events.record(object, { type: 'Normal', reason: 'OffsetsReset', action: 'ResetOffset', note });
    this.#deps.log.info({ key: keyOf(object), id }, note);
  }
}

function isReady(object: ConsumerGroup): boolean {
  return isSettled(object, object.status);
}
