import { clusterKeyIn, groupNameOf, type ConsumerGroup, type GroupScaling } from '../api/mod.ts';
import { done, keyOf, type Clock, type InformerFace, type KubeApi, type Outcome } from '../kube/mod.ts';
import type { LagServers } from '../lag/mod.ts';
import { whyNotItsOwn, type ClusterView, type NamespaceLookup } from '../objects/mod.ts';
import { announce } from './announce.ts';
import { carriedFrom, labelsOf, noteOthers, targetKey, type Carried } from './carried.ts';
import { carryOut, type CarryOutDeps } from './carry-out.ts';
import { scalingOf } from './eligible.ts';
import { pollPeriodMs } from './history.ts';
import type { Decision, Observation, ScalingSettings, ScalingState } from './model.ts';
import type { HeardGroup, QueueObserver } from './observe-queues.ts';
import { observeTarget, type HeardTarget, type TargetDeps } from './observe-target.ts';
import { clientKindOf, groupTypeOf, settingsOf } from './settings.ts';
import { heldStatus, type Activity } from './status.ts';
import { targetOf } from './target.ts';

/** After which everything is asked anew. */
const SOON_MS = 1_200;

export type Decide = (settings: ScalingSettings, state: ScalingState, observation: Observation) => Decision;

export interface GroupScalerDeps extends CarryOutDeps {
  readonly api: Pick<KubeApi, 'get' | 'mergePatch'>;
  readonly groups: Pick<InformerFace<ConsumerGroup>, 'store'>;
  /** By key of the cluster. */
  readonly viewFor: (cluster: string) => ClusterView | undefined;
  readonly namespaces: NamespaceLookup;
  readonly serversOf: (view: ClusterView) => LagServers;
  readonly pods: TargetDeps['pods'];
  readonly rivals: TargetDeps['rivals'];
  readonly observer: Pick<QueueObserver, 'observe'>;
  readonly decide: Decide;
  readonly inFlightOf?: (cluster: string, group: string) => number | undefined;
  readonly clock: Clock;
}

/** One poll of one group, from what is the case to what is written. */
export class GroupScaler {
  readonly #deps: GroupScalerDeps;
  readonly #carried = new Map<string, Carried>();

  constructor(deps: GroupScalerDeps) {
    this.#deps = deps;
  }

  forget(key: string): void {
    const carried = this.#carried.get(key);
    if (carried !== undefined) this.#deps.metrics.forget(carried.labels);
    this.#carried.delete(key);
    this.#deps.ledger.leave(key);
    this.#deps.keda.delete(key);
    this.#deps.statuses.forget(key);
  }

  async poll(object: ConsumerGroup, signal: AbortSignal): Promise<Outcome> {
    const eligible = scalingOf(object);
    if (eligible.kind === 'No') {
      await this.#deps.statuses.clear(object, signal);
      this.forget(keyOf(object));
      return done;
    }
    const clusterKey = clusterKeyIn(object);
    const view = this.#deps.viewFor(clusterKey);
    if (eligible.kind === 'Unreadable' || view === undefined || view.leaving) {
      const message = eligible.kind === 'Unreadable' ? eligible.message : 'its RocketMQCluster is not there';
      return this.#wait(object, message, signal);
    }
    const foreign = whyNotItsOwn({ object, clusterKey }, view, this.#deps.namespaces);
    if (foreign !== undefined) return this.#wait(object, foreign, signal);
    const { scaling, ordered } = eligible;
    const again = await this.#scale(object, scaling, ordered, view, signal);
    const periodMs = pollPeriodMs(scaling);
    return { kind: 'Done', requeueAfterMs: again === 'Soon' ? Math.min(SOON_MS, periodMs) : periodMs };
  }

  async #scale(
    object: ConsumerGroup,
    scaling: GroupScaling,
    ordered: boolean,
    view: ClusterView,
    signal: AbortSignal,
  ): Promise<'Soon' | 'Later'> {
    const { observer, serversOf, clock, ledger, decide } = this.#deps;
    const { namespace = '' } = object.metadata;
    const beganMs = clock.monotonicMs();
    const carried = this.#carry(object, scaling);
    const [heard, target] = await Promise.all([
      observer.observe(view, serversOf(view), groupNameOf(object)),
      observeTarget(this.#deps, namespace, scaling.scaleTargetRef, signal),
    ]);
    signal.throwIfAborted();
    if (target.kind === 'Trouble') {
      const { reason, message } = target;
      const status = reason === 'DataIncomplete' ? 'Unknown' : 'False';
      await this.#hold(object, { status, reason, message }, signal);
      return 'Later';
    }
    const last = scaling.actuator === 'Scale' ? ledger.lastScale(carried.target) : undefined;
    // It may have been observed before another group had it scaled, or queues may be those of the last poll.
    if ((last !== undefined && last.monotonicMs >= beganMs) || heard.atMs === carried.atMs) return 'Soon';
    carried.atMs = heard.atMs;
    carried.clients = clientKindOf(heard.clients) ?? carried.clients;
    const settings = settingsOf(scaling, groupTypeOf(scaling.clients, carried.clients, ordered));
    const observation = this.#observation(object, carried, heard, target);
    const { pods, replicas: current } = observation.target;
    carried.joined = new Set(
      pods.flatMap(({ name, joined }) => ((joined ?? carried.joined.has(name)) ? [name] : [])),
    );
    if (observation.queues.kind === 'Complete') carried.completeMs = clock.monotonicMs();
    noteOthers(carried, last);
    const before = carried.state;
    const decision = decide(settings, before, observation);
    const siblings = (): readonly string[] => this.#siblings(object, carried.target).map(keyOf);
    const decided = { carried, before, decision, scale: target.scale, current, siblings };
    return carryOut(this.#deps, object, scaling, decided, signal);
  }

  #carry(object: ConsumerGroup, scaling: GroupScaling): Carried {
    const key = keyOf(object);
    const known = this.#carried.get(key);
    const target = targetKey(object.metadata.namespace ?? '', scaling.scaleTargetRef);
    if (known !== undefined && known.uid === object.metadata.uid && known.target === target) return known;
    const told = this.#deps.statuses.of(object);
    const siblings = this.#siblings(object, target).flatMap(({ status }) => status?.scaling ?? []);
    // What was learned of another target holds for none else.
    const own = known !== undefined && known.target !== target ? undefined : told;
    if (known !== undefined) this.forget(key);
    const carry = { object, target, told, own, siblings, nowMs: this.#deps.clock.monotonicMs() };
    const fresh = carriedFrom(carry);
    this.#carried.set(key, fresh);
    return fresh;
  }

  /** Other groups that scale the same target, and those that would if they were not held: their consumers go on. */
  #siblings(object: ConsumerGroup, target: string): readonly ConsumerGroup[] {
    const { namespace = '' } = object.metadata;
    return this.#deps.groups.store.list().filter((each) => {
      const { metadata, spec } = each;
      if (spec.scaling === undefined || metadata.namespace !== namespace) return false;
      if (metadata.name === object.metadata.name || metadata.deletionTimestamp !== undefined) return false;
      const eligible = scalingOf(each);
      return (
        eligible.kind === 'Yes' &&
        eligible.scaling.actuator === 'Scale' &&
        targetKey(namespace, eligible.scaling.scaleTargetRef) === target
      );
    });
  }

  #observation(object: ConsumerGroup, carried: Carried, heard: HeardGroup, target: HeardTarget): Observation {
    const inFlight = this.#deps.inFlightOf?.(clusterKeyIn(object), groupNameOf(object));
    const { clients } = heard;
    const ids = clients === undefined ? undefined : new Set([...clients.ofBrokers, ...clients.ofProxies]);
    return {
      atMs: heard.atMs,
      queues: heard.queues,
      ...(inFlight === undefined ? {} : { inFlight }),
      target: targetOf(target.scale, target.workload, target.pods, {
        clients: ids,
        before: carried.joined,
      }),
      rivals: target.rivals,
      broadcast: clients?.broadcast ?? false,
    };
  }

  /** Until the object or the cluster changes, which wakes it. */
  async #wait(object: ConsumerGroup, message: string, signal: AbortSignal): Promise<Outcome> {
    await this.#hold(object, { status: 'Unknown', reason: 'GroupNotReady', message }, signal);
    return done;
  }

  /** Nothing can be decided: replicas stay, and nobody waits for this group. */
  async #hold(object: ConsumerGroup, activity: Activity, signal: AbortSignal): Promise<void> {
    const { ledger, keda, metrics, statuses, events, clock } = this.#deps;
    const key = keyOf(object);
    const carried = this.#carried.get(key);
    ledger.leave(key);
    keda.delete(key);
    metrics.held(carried?.labels ?? labelsOf(object));
    const before = carried?.told ?? statuses.of(object);
    const next = heldStatus(before, activity, clock.now());
    announce(events, object, before, next);
    if (carried !== undefined) carried.told = next;
    await statuses.tell(object, next, signal);
  }
}
