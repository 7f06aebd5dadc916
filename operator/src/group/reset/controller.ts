/** Carries out `spec.resetOffset` of ConsumerGroups, each id once. */
import { ConsumerGroups, groupNameOf, type ConsumerGroup } from '../../api/mod.ts';
import {
  Controller,
  done,
  findCondition,
  keyOf,
  parseKey,
  type Clock,
  type ControllerMetrics,
  type EventSink,
  type InformerFace,
  type KubeApi,
  type Logger,
  type Outcome,
  type Random,
} from '../../kube/mod.ts';
import {
  observeTopology,
  watchClusters,
  type ClusterObject,
  type ClusterView,
  type RocketmqServers,
} from '../../objects/mod.ts';
import { RocketmqError } from '../../rocketmq/mod.ts';
import { movePlaces } from './move.ts';
import { afterGroup, nextStep, type ResetStatus } from './progress.ts';

const WORKERS = 8;
const DEADLINE_MS = 60_000;
const CALL_TIMEOUT_MS = 5_000;
const POLL_MS = 5_000;

export interface ResetDeps<C extends ClusterObject> {
  readonly api: Pick<KubeApi, 'get' | 'mergePatch'>;
  readonly clusters: InformerFace<C>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'onChange'>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly servers: RocketmqServers;
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
  const views = new Map<string, ClusterView>();
  const controller = new Controller({
    name: 'reset-offset',
    reconcile: async (key, { signal }) => new Reset(deps, views, signal).of(key),
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
  });
  deps.groups.onChange(({ type, object }) => {
    if (type !== 'Deleted' && nextStep(object, 0).kind !== 'Nothing') controller.enqueue(keyOf(object));
  });
  return { start: (signal) => controller.run(signal) };
}

class Reset<C extends ClusterObject> {
  readonly #deps: ResetDeps<C>;
  readonly #views: ReadonlyMap<string, ClusterView>;
  readonly #signal: AbortSignal;

  constructor(deps: ResetDeps<C>, views: ReadonlyMap<string, ClusterView>, signal: AbortSignal) {
    this.#deps = deps;
    this.#views = views;
    this.#signal = signal;
  }

  async of(key: string): Promise<Outcome> {
    const { api, clock } = this.#deps;
    // What the informer has may be from before our own last word.
    const object = await api.get(ConsumerGroups, parseKey(key), { signal: this.#signal });
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return done;
    const step = nextStep(object, clock.now());
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
    const view = this.#views.get(`${object.metadata.namespace ?? ''}/${object.spec.clusterRef.name}`);
    if (!isReady(object) || view === undefined) return this.#wait('the group is not Ready');
    if (view.paused) return this.#wait('its RocketMQCluster is paused');
    const { servers } = this.#deps;
    const options = { signal: this.#signal, timeoutMs: this.#deps.callTimeoutMs ?? CALL_TIMEOUT_MS };
    const { masters } = await observeTopology(view, servers, options, () => undefined);
    // What has begun goes to its end, whatever is asked for by now.
    const dryRun = begun.state === 'Planning';
    let status = begun;
    if (isNew) await this.#tell(object, status);
    for (const master of masters) {
      if (status.doneOn?.includes(master.group) === true) continue;
      if (master.kind !== 'Confirmed') return this.#later(object, status, master.why);
      try {
        const group = groupNameOf(object);
        const toMs = Date.parse(status.toTime ?? '');
        const moved = await movePlaces(servers.broker(master.address), { group, toMs, dryRun }, options);
        status = afterGroup(status, master.group, moved);
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!(error instanceof RocketmqError)) throw error;
        return this.#later(object, status, `${master.group}: ${error.message}`);
      }
      if (!dryRun) await this.#tell(object, status);
    }
    await this.#tell(object, { ...status, state: dryRun ? 'Planned' : 'Done' });
    if (!dryRun) this.#announce(object, status);
    return done;
  }

  /** Waits without a word in the status: the conditions of the object say what is in the way. */
  #wait(message: string): Outcome {
    return { kind: 'Wait', reason: 'NotReady', message, pollMs: this.#deps.pollMs ?? POLL_MS };
  }

  async #later(object: ConsumerGroup, status: ResetStatus, message: string): Promise<Outcome> {
    if (status.message !== message) await this.#tell(object, { ...status, message });
    return { kind: 'Retry', reason: 'BrokerUnreachable', message };
  }

  async #tell({ metadata }: ConsumerGroup, resetOffset: ResetStatus): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    const whole = { toTime: null, again: null, skipped: null, doneOn: null, message: null, ...resetOffset };
    await this.#deps.api.mergePatch(
      ConsumerGroups,
      { namespace, name },
      { metadata: { uid }, status: { resetOffset: whole } },
      { subresource: 'status', signal: this.#signal },
    );
  }

  #announce(object: ConsumerGroup, { id, toTime = '', again = 0, skipped = 0 }: ResetStatus): void {
    const note = `offsets of ${groupNameOf(object)} were reset to ${toTime} (${id}): ${again} messages are delivered again, ${skipped} are skipped`;
    this.#deps.events.record(object, { type: 'Normal', reason: 'OffsetsReset', action: 'ResetOffset', note });
    this.#deps.log.info({ key: keyOf(object), id }, note);
  }
}

function isReady({ metadata, status }: ConsumerGroup): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'True' && status?.observedGeneration === metadata.generation;
}
