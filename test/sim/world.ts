/**
 * A consumer group as fluids: messages come in, replicas take what they can, and what is seen of it from outside are offsets that
 * clients commit every few seconds.
 */
import { ownerOf } from '../../operator/src/scaling/allocation.ts';
import { Deployment, type Pod } from './deployment.ts';
import { Fifo } from './fifo.ts';
import { seeded, seedOf, type Random } from './random.ts';
import { arrivalsOf, type Workload } from './workloads.ts';

/** How clients read: each queue has one owner, or everybody reads all. */
export type Mode = 'queue' | 'pop';

export interface WorldSettings {
  readonly brokers: number;
  readonly queuesPerBroker: number;
  /** Messages a second that a replica handles. */
  readonly serviceRate: number;
  readonly sloSeconds: number;
  readonly startUpSeconds: number;
  readonly maxReplicas: number;
  readonly commitSeconds: number;
  /** That a queue stands still when it moves. */
  readonly pauseSeconds: number;
}

export const usualWorld: WorldSettings = {
  brokers: 2,
  queuesPerBroker: 8,
  serviceRate: 50,
  sloSeconds: 30,
  startUpSeconds: 20,
  maxReplicas: 32,
  commitSeconds: 5,
  pauseSeconds: 2,
};

/** A client does not read further than this past a message that is not done (`consumeConcurrentlyMaxSpan`). */
const SPAN = 2_000;

interface Queue {
  readonly fifo: Fifo;
  readonly share: number;
  newest: number;
  read: number;
  committed: number;
  nextCommitAt: number;
  owner: number | undefined;
  pausedUntil: number;
  pin: { readonly offset: number; until: number } | undefined;
}

/** What a run came to. */
export interface Outcome {
  /** Part of the messages that waited for longer than the SLO. */
  readonly late: number;
  readonly secondsOverSlo: number;
  readonly replicaHours: number;
  /** Times that spec.replicas was changed. */
  readonly events: number;
  readonly movedQueues: number;
  /** Replica-hours of somebody who knows what comes, and needs whole replicas for nothing. */
  readonly idealHours: number;
}

export class World {
  readonly workload: Workload;
  readonly mode: Mode;
  readonly settings: WorldSettings;
  readonly deployment: Deployment;
  readonly #arrivals: Float64Array;
  readonly #random: Random;
  readonly #queues: readonly Queue[];
  #step = 0;
  #readers: readonly Pod[] = [];
  /** Queues that are read, by who shares the time for them. */
  #owned: readonly (readonly Queue[])[] = [];
  /** Part of what comes that the busiest of them gets; Infinity: nobody reads. */
  #largestShare = Infinity;
  #pausedUntil = 0;
  /** Messages that wait, as of the last step. */
  #waiting = 0;
  #late = 0;
  #over = 0;
  #podSeconds = 0;
  #events = 0;
  #moved = 0;

  constructor(workload: Workload, mode: Mode, seed: number, settings: WorldSettings = usualWorld) {
    this.workload = workload;
    this.mode = mode;
    this.settings = settings;
    this.#arrivals = arrivalsOf(workload, seed);
    this.#random = seeded(seedOf('world', workload.name, mode, seed));
    this.deployment = new Deployment(workload.initialReplicas, settings.startUpSeconds, this.#random);
    const count = settings.brokers * settings.queuesPerBroker;
    const { hotShare } = workload;
    this.#queues = Array.from({ length: count }, (_value, index) => ({
      fifo: new Fifo(),
      share: hotShare === undefined ? 1 / count : index === 0 ? hotShare : (1 - hotShare) / (count - 1),
      newest: 0,
      read: 0,
      committed: 0,
      // Clients began at any time.
      nextCommitAt: this.#random() * settings.commitSeconds,
      owner: undefined,
      pausedUntil: 0,
      pin: undefined,
    }));
  }

  /** In seconds. */
  get now(): number {
    return this.#step * this.workload.stepSeconds;
  }

  get isOver(): boolean {
    return this.#step >= this.#arrivals.length;
  }

  get isMute(): boolean {
    const { outage } = this.workload;
    return outage !== undefined && this.now >= outage.from && this.now < outage.to;
  }

  get readers(): readonly Pod[] {
    return this.#readers;
  }

  /** As offsets have it. */
  get lag(): number {
    let lag = 0;
    for (const { newest, committed } of this.#queues) lag += newest - committed;
    return lag;
  }

  /** By queue, those of the first broker first. */
  offsets(): readonly { readonly newest: number; readonly committed: number }[] {
    return this.#queues;
  }

  scaleTo(replicas: number): void {
    if (replicas === this.deployment.replicas) return;
    this.deployment.replicas = replicas;
    this.#events += 1;
  }

  advance(): void {
    const { stepSeconds, rolloutAt } = this.workload;
    const end = this.now + stepSeconds;
    if (rolloutAt !== undefined && this.now <= rolloutAt && end > rolloutAt) this.deployment.roll();
    const changed = this.deployment.reconcile(this.now);
    if (changed || this.#readers.length < this.deployment.pods.length) this.#join();
    this.#pin(end);
    const messages = this.#arrivals[this.#step] ?? 0;
    if (this.#isEasy(messages, end)) this.#passThrough(messages);
    else this.#queueUp(messages, end);
    this.#commit(end);
    this.#podSeconds += this.deployment.pods.length * stepSeconds;
    if (this.#waiting > 0 && this.#isLate(end - this.settings.sloSeconds)) this.#over += stepSeconds;
    this.#step += 1;
  }

  outcome(): Outcome {
    const limit = this.now - this.settings.sloSeconds;
    const sum = this.#arrivals.reduce((all, each) => all + each, 0);
    const waits = this.#queues.reduce((all, { fifo }) => all + fifo.before(limit), 0);
    return {
      late: sum === 0 ? 0 : (this.#late + waits) / sum,
      secondsOverSlo: this.#over,
      replicaHours: this.#podSeconds / 3_600,
      events: this.#events,
      movedQueues: this.#moved,
      idealHours: sum / this.settings.serviceRate / 3_600,
    };
  }

  #isLate(limit: number): boolean {
    for (const { fifo } of this.#queues) if ((fifo.oldest ?? limit) < limit) return true;
    return false;
  }

  /** Pods that have become ready are clients, and clients divide the queues anew. */
  #join(): void {
    const { now } = this;
    const ready = this.deployment.pods.filter((pod) => pod.readyAt <= now);
    const isSame =
      ready.length === this.#readers.length && ready.every((pod, index) => pod === this.#readers[index]);
    if (isSame) return;
    this.#readers = ready;
    if (this.mode === 'pop') {
      this.#owned = ready.length === 0 ? [] : [this.#queues];
      this.#largestShare = 1 / ready.length;
      return;
    }
    const clients = ready.toSorted((a, b) => a.order - b.order);
    for (const [index, queue] of this.#queues.entries()) {
      const owner =
        clients.length === 0 ? undefined : clients[ownerOf(index, this.#queues.length, clients.length)]?.id;
      if (owner !== queue.owner && queue.owner !== undefined) {
        this.#moved += 1;
        queue.pausedUntil = this.now + this.settings.pauseSeconds;
        this.#pausedUntil = queue.pausedUntil;
        // The new owner begins at the message that is not done, and so does its time.
        if (queue.pin !== undefined) queue.pin.until = this.now + (this.workload.pin?.seconds ?? 0);
      }
      queue.owner = owner;
    }
    const owned = Map.groupBy(this.#queues, (queue) => queue.owner);
    owned.delete(undefined);
    this.#owned = [...owned.values()];
    const shares = this.#owned.map((queues) => queues.reduce((sum, { share }) => sum + share, 0));
    this.#largestShare = clients.length === 0 ? Infinity : Math.max(...shares);
  }

  /** Nothing waits, and all that comes can be done at once: no need to look at when it came. */
  #isEasy(messages: number, end: number): boolean {
    if (this.#waiting > 0 || this.#pausedUntil >= end || this.workload.pin !== undefined) return false;
    const all = (this.workload.limit ?? Infinity) * this.workload.stepSeconds;
    return messages * this.#largestShare <= this.#ofOneReplica() && messages <= all;
  }

  #passThrough(messages: number): void {
    for (const queue of this.#queues) {
      const came = messages * queue.share;
      queue.newest += came;
      queue.read += came;
    }
  }

  #queueUp(messages: number, end: number): void {
    for (const queue of this.#queues) {
      queue.fifo.push(this.now, messages * queue.share);
      queue.newest += messages * queue.share;
    }
    this.#serve(end);
    this.#waiting = 0;
    for (const { fifo } of this.#queues) this.#waiting += fifo.waiting;
  }

  /** Messages in a step. */
  #ofOneReplica(): number {
    const { stepSeconds, slownessAt } = this.workload;
    return this.settings.serviceRate * (slownessAt?.(this.now) ?? 1) * stepSeconds;
  }

  #pin(end: number): void {
    const { pin } = this.workload;
    const queue = this.#queues[1];
    if (pin === undefined || queue === undefined) return;
    if (queue.pin === undefined && this.now <= pin.at && end > pin.at)
      queue.pin = { offset: queue.read, until: pin.at + pin.seconds };
    if (queue.pin !== undefined && end >= queue.pin.until) queue.pin = undefined;
  }

  #serve(end: number): void {
    const { stepSeconds, limit } = this.workload;
    const each = this.#ofOneReplica() * (this.mode === 'pop' ? this.#readers.length : 1);
    const level = limit === undefined ? each : this.#level(each, limit * stepSeconds, end);
    for (const queues of this.#owned) this.#take(queues, Math.min(each, level), end);
  }

  #level(each: number, all: number, end: number): number {
    return levelOf(
      this.#owned.map((queues) => Math.min(each, readableIn(queues, end))),
      all,
    );
  }

  /** From each in proportion to what it has. */
  #take(queues: readonly Queue[], messages: number, end: number): void {
    const readable = readableIn(queues, end);
    if (readable <= 0) return;
    const part = Math.min(1, messages / readable);
    const limit = end - this.settings.sloSeconds;
    for (const queue of queues) {
      const taken = readableOf(queue, end) * part;
      if (taken <= 0) continue;
      this.#late += queue.fifo.take(taken, limit);
      queue.read += taken;
    }
  }

  #commit(end: number): void {
    for (const queue of this.#queues) {
      if (end < queue.nextCommitAt) continue;
      queue.nextCommitAt += this.settings.commitSeconds;
      queue.committed = queue.pin?.offset ?? queue.read;
    }
  }
}

function readableIn(queues: readonly Queue[], end: number): number {
  let sum = 0;
  for (const queue of queues) sum += readableOf(queue, end);
  return sum;
}

function readableOf({ fifo, pausedUntil, pin, read }: Queue, end: number): number {
  if (pausedUntil >= end) return 0;
  return pin === undefined ? fifo.waiting : Math.min(fifo.waiting, Math.max(0, pin.offset + SPAN - read));
}

/** The most that each may take, so that all together take no more than there is. */
function levelOf(demands: readonly number[], all: number): number {
  const sum = demands.reduce((total, demand) => total + demand, 0);
  if (sum <= all) return Infinity;
  let [left, count] = [all, demands.length];
  for (const demand of demands.toSorted((a, b) => a - b)) {
    if (demand > left / count) return left / count;
    left -= demand;
    count -= 1;
  }
  return Infinity;
}
