/** Whatever people do, and whatever fails meanwhile: what nobody declared stays as it is, and nothing goes unasked. */
import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import type { Topic, TopicSpec } from '../api/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import type { TopicConfig, TopicWrite } from '../rocketmq/mod.ts';
import type { DesiredTopic } from './desired.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(600_000);

const groups = ['broker-a', 'broker-b'] as const;
const objects = ['a', 'b', 'c'] as const;
/** It is of a namespace that the cluster takes objects of, or does not. */
const far = 'c';
/** `old` is there before anybody declares it, in two queues; `foreign` likewise, and nobody ever does. */
const names = ['s', 't', 'old'] as const;

type Name = (typeof names)[number];

type Step =
  | {
      readonly kind: 'Declare';
      readonly object: (typeof objects)[number];
      readonly name: Name;
      readonly adoptionPolicy: TopicSpec['adoptionPolicy'];
      readonly deletionPolicy: TopicSpec['deletionPolicy'];
      readonly queuesPerBroker: number;
    }
  | {
      readonly kind: 'Edit';
      readonly object: (typeof objects)[number];
      readonly deletionPolicy: TopicSpec['deletionPolicy'];
      readonly queuesPerBroker: number;
    }
  | { readonly kind: 'Delete'; readonly object: (typeof objects)[number] }
  | { readonly kind: 'Pause'; readonly paused: boolean }
  | { readonly kind: 'Allow'; readonly allowed: boolean }
  | { readonly kind: 'Hang' | 'FailOver'; readonly group: (typeof groups)[number] }
  | { readonly kind: 'Heal' | 'Restart' | 'Settle' }
  | { readonly kind: 'Wait'; readonly looks: number };

const object = fc.constantFrom(...objects);
const group = fc.constantFrom(...groups);
const deletionPolicy = fc.constantFrom('Retain', 'Delete');
const queuesPerBroker = fc.constantFrom(4, 8);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('Declare'),
      object,
      name: fc.constantFrom(...names),
      adoptionPolicy: fc.constantFrom('Adopt', 'Fail', 'Observe'),
      deletionPolicy,
      queuesPerBroker,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('Edit'), object, deletionPolicy, queuesPerBroker }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('Delete'), object }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Pause'), paused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('Allow'), allowed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('Hang', 'FailOver'), group }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('Heal', 'Restart', 'Settle') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('Wait'), looks: fc.integer({ min: 1, max: 5 }) }) },
);

/** Request code. */
const clusterInfo = 106;
/** Reasons after which nothing moves until somebody changes something. */
const final = ['Reconciled', 'Conflict', 'AlreadyExists', 'Differs', 'NotAllowed'];

function keyOf(name: string): string {
  return `${name === far ? 'other' : 'n'}/${name}`;
}

type Loop = LoopHarness<Topic, DesiredTopic, TopicConfig, TopicWrite>;

class World {
  readonly #loop: Loop;
  readonly #cluster: FakeCluster;
  /** Objects that nobody deleted, the oldest first, with what they say. */
  readonly #living = new Map<string, TopicSpec>();
  /** Topics that some object was allowed to change. */
  readonly #licensed = new Set<string>();
  /** Topics that some object was to take along. */
  readonly #mayGo = new Set<string>();
  /** What was on every master when all was calm. */
  readonly #seen = new Set<string>();
  /** What should never be. */
  readonly wrongs: string[] = [];
  #declared = 0;
  #paused = false;
  #allowed = true;

  private constructor(loop: Loop, cluster: FakeCluster) {
    this.#loop = loop;
    this.#cluster = cluster;
  }

  static async start(): Promise<World> {
    const loop = new LoopHarness(topicKind, { resyncMs: 50 });
    const cluster = await loop.addCluster('c', { groups, nameServers: 1 });
    for (const topicName of ['old', 'foreign'])
      for (const { topics } of cluster.masters())
        topics.add({ topicName, readQueueNums: 2, writeQueueNums: 2, perm: 4, order: true });
    cluster.registerAll();
    cluster.syncMetadata();
    const world = new World(loop, cluster);
    world.#tellCluster();
    loop.start();
    return world;
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'Declare':
        return this.#declare(step);
      case 'Edit':
        return this.#edit(step);
      case 'Delete':
        return this.#delete(step.object);
      case 'Pause':
        this.#paused = step.paused;
        return this.#tellCluster();
      case 'Allow':
        return this.#allow(step.allowed);
      case 'Hang':
        this.#cluster.master(step.group).server.fault = 'Hang';
        return undefined;
      case 'FailOver':
        return this.#failOver(step.group);
      case 'Heal':
        return this.#heal();
      case 'Restart':
        return this.#loop.restart();
      case 'Settle':
        return this.settle();
      case 'Wait': {
        const asked = this.#cluster.calls('nameServers', clusterInfo);
        const isOver = (): boolean => this.#cluster.calls('nameServers', clusterInfo) > asked + step.looks;
        // Looks go on whatever hangs, since name servers never do here; and as long as there is something to look at.
        const isAsked = (): boolean =>
          this.#loop.server.list().some(({ metadata }) => this.#isTaken(metadata.name));
        return waitUntil('it has looked', () => isOver() || !isAsked());
      }
      default:
        return step satisfies never;
    }
  }

  #tellCluster(): void {
    const from = this.#allowed ? 'All' : 'Same';
    this.#loop.tellCluster('c', { paused: this.#paused, allowedNamespaces: { from } });
  }

  #allow(allowed: boolean): void {
    this.#allowed = allowed;
    this.#tellCluster();
    const { server } = this.#loop;
    if (!allowed || !server.has(keyOf(far))) return;
    const { metadata, spec } = server.get(keyOf(far));
    this.#license(far, spec);
    // Nobody let go of it before.
    const isLeaving = metadata.deletionTimestamp !== undefined;
    if (isLeaving && spec.deletionPolicy === 'Delete') this.#mayGo.add(spec.topicName ?? far);
  }

  #isTaken(name: string): boolean {
    return this.#allowed || name !== far;
  }

  #license(name: string, { adoptionPolicy, topicName = name }: TopicSpec): void {
    const makesItsOwn = adoptionPolicy === 'Fail' && (topicName !== 'old' || this.#mayGo.has('old'));
    if (this.#isTaken(name) && (adoptionPolicy === 'Adopt' || makesItsOwn)) this.#licensed.add(topicName);
  }

  #declare({ object: name, name: topicName, ...spec }: Extract<Step, { kind: 'Declare' }>): void {
    if (this.#loop.server.has(keyOf(name))) return;
    // What only observes deletes nothing; the API server refuses the combination.
    const policy = spec.adoptionPolicy === 'Observe' ? 'Retain' : spec.deletionPolicy;
    const { adoptionPolicy, queuesPerBroker: queues } = spec;
    const said = { topicName, adoptionPolicy, deletionPolicy: policy, queuesPerBroker: queues } as const;
    this.#declared += 1;
    const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + this.#declared * 1_000).toISOString();
    const [namespace = ''] = keyOf(name).split('/');
    const clusterRef = { name: 'c', namespace: 'n' };
    const declared = topic(name, { ...said, clusterRef }, { creationTimestamp, namespace });
    this.#loop.server.put(declared);
    this.#living.set(name, declared.spec);
    this.#license(name, declared.spec);
  }

  #edit({ object: name, ...change }: Extract<Step, { kind: 'Edit' }>): void {
    const spec = this.#living.get(name);
    if (spec === undefined || spec.adoptionPolicy === 'Observe') return;
    const queues = Math.max(spec.queuesPerBroker, change.queuesPerBroker);
    const next = { ...spec, deletionPolicy: change.deletionPolicy, queuesPerBroker: queues };
    const { metadata } = this.#loop.server.get(keyOf(name));
    this.#loop.server.put(topic(name, next, metadata));
    this.#living.set(name, next);
  }

  #delete(name: string): void {
    const spec = this.#living.get(name);
    if (spec === undefined) return;
    if (spec.deletionPolicy === 'Delete' && this.#isTaken(name)) this.#mayGo.add(spec.topicName ?? name);
    this.#living.delete(name);
    this.#loop.server.delete(keyOf(name));
  }

  #failOver(name: string): void {
    // What a master that is gone had not given to its replicas is lost, and none of our doing.
    this.#cluster.syncMetadata();
    const next = this.#cluster.brokers(name).find((broker) => broker !== this.#cluster.master(name));
    if (next === undefined) throw new RangeError(`${name} has no replica`);
    this.#cluster.elect(name, next.identity.id);
    this.#tellCluster();
  }

  #heal(): void {
    for (const name of groups) for (const { server } of this.#cluster.brokers(name)) server.fault = 'None';
    this.#cluster.syncMetadata();
  }

  /** Nothing fails any more, and everything comes to its end. */
  async settle(): Promise<void> {
    this.#heal();
    this.#paused = false;
    this.#tellCluster();
    try {
      await waitUntil('all is calm', () => this.#letDrain() && this.#isCalm(), 30_000);
    } catch (cause) {
      const state = this.#loop.server
        .list()
        .map(({ metadata, spec, status }) => ({ metadata, spec, status }));
      throw new Error(JSON.stringify(state, undefined, 1), { cause });
    }
    this.#cluster.syncMetadata();
    this.#judge();
    for (const name of names) if (this.#heldOn(name).length === groups.length) this.#seen.add(name);
  }

  /** Queues that go wait longer than a test does. */
  #letDrain(): true {
    const declared = this.#loop.server.list();
    if (declared.some(({ metadata }) => this.#loop.ready(keyOf(metadata.name))?.reason === 'Draining'))
      this.#loop.passTime(3_600_000);
    return true;
  }

  #isCalm(): boolean {
    return this.#loop.server.list().every(({ metadata, status }) => {
      const ready = this.#loop.ready(keyOf(metadata.name));
      const isOver =
        final.includes(ready?.reason ?? '') && status?.observedGeneration === metadata.generation;
      return metadata.deletionTimestamp === undefined && isOver && this.#isOwnerOrRefused(metadata.name);
    });
  }

  #isOwnerOrRefused(name: string): boolean {
    const reason = this.#loop.ready(keyOf(name))?.reason;
    if (!this.#isTaken(name)) return reason === 'NotAllowed';
    return (this.#ownerOf(this.#living.get(name)?.topicName) === name) === (reason !== 'Conflict');
  }

  /** Objects are kept in the order in which they were made. */
  #ownerOf(topicName: string | undefined): string | undefined {
    return [...this.#living].find(([name, spec]) => this.#isTaken(name) && spec.topicName === topicName)?.[0];
  }

  #heldOn(name: string): readonly string[] {
    return groups.filter((each) => this.#cluster.master(each).topics.get(name) !== undefined);
  }

  #judge(): void {
    for (const { topics, identity } of this.#cluster.masters()) {
      const at = identity.brokerName;
      for (const name of this.#licensed.has('old') ? ['foreign'] : ['foreign', 'old'])
        if (!isUntouched(topics.get(name))) this.wrongs.push(`${name} was changed on ${at}`);
      for (const name of this.#seen)
        if (!this.#mayGo.has(name) && topics.get(name) === undefined)
          this.wrongs.push(`${name} is gone from ${at}`);
      for (const [name, { topicName = name, queuesPerBroker: queues }] of this.#living) {
        const isReady = this.#loop.ready(keyOf(name))?.reason === 'Reconciled';
        if (isReady && topics.get(topicName)?.readQueueNums !== queues)
          this.wrongs.push(`${topicName} is not as ${name} says on ${at}`);
      }
    }
  }
}

type Stored = ReturnType<ReturnType<FakeCluster['master']>['topics']['get']>;

function isUntouched(held: Stored): boolean {
  const { readQueueNums, writeQueueNums, perm, order } = held ?? {};
  return readQueueNums === 2 && writeQueueNums === 2 && perm === 4 && order === true;
}

describe('topics, whatever people do and whatever fails', () => {
  it('are as their owners say; nobody else is touched, and nothing goes that was not to go', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 16 }), async (list) => {
        const world = await World.start();
        try {
          for (const step of list) await world.take(step);
          await world.settle();
          expect(world.wrongs).toEqual([]);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
