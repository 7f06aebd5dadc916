/** What becomes of topics and consumer groups on a real cluster when their objects are deleted. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerGroups, Topics } from '../../operator/src/api/mod.ts';
import type { KubeApi, KubeObject, ResourceType } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { diagnose } from './harness/diagnose.ts';
import { askExchange, declare } from './harness/exchange.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, waitReady } from './harness/kube.ts';
import type { Prober } from './harness/prober.ts';
import type { MetadataFacts } from './harness/probe/protocol.ts';
import { report, seconds } from './harness/report.ts';
import { clusterQuestion, memberPods } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Deleted objects';
const { namespace } = EXCHANGE;
const PREFIX = 'e2e-gone-';
const topics = Array.from({ length: 50 }, (_, index) => `${PREFIX}t${String(index)}`);
const groups = Array.from({ length: 20 }, (_, index) => `${PREFIX}g${String(index)}`);
const GUARDED = 'e2e-guarded';
const requests = { topicNames: 206 } as const;

let kube: KubeApi;
let prober: Prober;
let members: readonly string[];
let masters: readonly string[];

beforeAll(async () => {
  kube = connect();
  ({ prober, masters } = await askExchange(kube));
  const addresses = await brokerAddresses(kube, EXCHANGE);
  members = EXCHANGE.groups.flatMap((group) => memberPods(EXCHANGE, group).map((pod) => addresses.of(pod)));
}, 900_000);

/** Waits until the API server has no such objects any more. */
async function gone<T extends KubeObject>(type: ResourceType<T>, names: readonly string[]): Promise<void> {
  await waitFor({
    what: `${String(names.length)} ${type.plural} to be gone`,
    deadlineMs: 120_000,
    everyMs: 200,
    look: async () => {
      const left = await Promise.all(names.map((name) => kube.get(type, { namespace, name })));
      const some = left.filter((object) => object !== undefined);
      return yes(some.length === 0, `${String(some.length)}: ${describeConditions(some[0])}`);
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

/** What of a broker's topics, groups and places begins as the names of this test do. */
function own({ topics: held, groups: known, offsets }: MetadataFacts): readonly string[] {
  return [...held, ...known, ...Object.keys(offsets)].filter((name) => name.includes(PREFIX));
}

async function routed(): Promise<readonly string[]> {
  const { nameServers } = clusterQuestion(EXCHANGE);
  const lists = await Promise.all(
    nameServers.map(async (address) => prober.raw({ address, code: requests.topicNames })),
  );
  return lists.flatMap(({ body }) => {
    const { topicList }: { readonly topicList: readonly string[] } = JSON.parse(body);
    return topicList.filter((name) => name.includes(PREFIX));
  });
}

describe('50 topics and 20 groups that go with their objects', () => {
  it('are on every broker, with the places of a group', async () => {
    await Promise.all([
      ...topics.map(async (name) => declare(kube, Topics, name, { queuesPerBroker: 2 })),
      ...groups.map(async (name) => declare(kube, ConsumerGroups, name, {})),
    ]);
    await Promise.all([
      ...topics.map(async (name) => waitReady(kube, Topics, { namespace, name }, 60_000)),
      ...groups.map(async (name) => waitReady(kube, ConsumerGroups, { namespace, name }, 60_000)),
    ]);
    const [topic = '', group = ''] = [topics[0], groups[0]];
    for (const broker of masters)
      await prober.commit({ broker, commits: [{ topic, group, queueId: 0, offset: 0 }] });
    // Replicas take over what their master has every 10 s.
    await waitFor({
      what: 'every member to have all of them',
      deadlineMs: 60_000,
      everyMs: 1_000,
      look: async () => {
        const facts = Object.values(await prober.metadata({ brokers: members }));
        const counts = facts.map((broker) => own(broker).length);
        return yes(
          counts.length === members.length &&
            counts.every((count) => count >= topics.length + groups.length + 1),
          counts.join(', '),
        );
      },
    });
    expect(new Set(await routed()).size).toBeGreaterThanOrEqual(topics.length);
  }, 240_000);

  it('are nowhere any more when their objects are gone', async () => {
    const startedAt = performance.now();
    await Promise.all([
      ...topics.map(async (name) => kube.delete(Topics, { namespace, name })),
      ...groups.map(async (name) => kube.delete(ConsumerGroups, { namespace, name })),
    ]);
    await Promise.all([gone(Topics, topics), gone(ConsumerGroups, groups)]);
    report(SHOW, '50 topics and 20 groups deleted at once', seconds(performance.now() - startedAt));
    const facts = await prober.metadata({ brokers: members });
    expect(Object.keys(facts).length).toBe(members.length);
    expect(Object.values(facts).flatMap(own)).toEqual([]);
    expect(await routed()).toEqual([]);
  }, 180_000);
});

describe('a topic that may go only when it is empty', () => {
  it('stays, and so does its object, which says why', async () => {
    await declare(kube, Topics, GUARDED, { queuesPerBroker: 1, deletionGuards: { onlyIfEmpty: true } });
    await waitReady(kube, Topics, { namespace, name: GUARDED }, 60_000);
    const [broker = ''] = masters;
    const sent = await prober.send({ broker, topic: GUARDED, body: 'kept', timeoutMs: 10_000 });
    expect(sent.code).toBe(0);
    await kube.delete(Topics, { namespace, name: GUARDED });
    const blocked = await waitFor({
      what: 'DeletionBlocked',
      deadlineMs: 60_000,
      look: async () => {
        const object = await kube.get(Topics, { namespace, name: GUARDED });
        const ready = condition(object, 'Ready');
        return ready?.reason === 'DeletionBlocked'
          ? { done: ready.message }
          : { pending: describeConditions(object) };
      },
      diagnose: () => diagnose(kube, namespace),
    });
    expect(blocked).toMatch(/^broker-\w: 1 message of it there \(onlyIfEmpty\)$/);
    const facts = await prober.metadata({ brokers: masters });
    expect(Object.values(facts).every((held) => held.topics.includes(GUARDED))).toBe(true);
  }, 180_000);

  it('goes as soon as the guard is taken away', async () => {
    await declare(kube, Topics, GUARDED, { queuesPerBroker: 1, deletionGuards: { onlyIfEmpty: false } });
    await gone(Topics, [GUARDED]);
    const facts = await prober.metadata({ brokers: members });
    expect(Object.values(facts).some((held) => held.topics.includes(GUARDED))).toBe(false);
  }, 180_000);
});

describe('a topic that is to be retained', () => {
  const name = 'e2e-retained';

  it('is there still when its object is gone', async () => {
    await declare(kube, Topics, name, { queuesPerBroker: 1, deletionPolicy: 'Retain' });
    await waitReady(kube, Topics, { namespace, name }, 60_000);
    await kube.delete(Topics, { namespace, name });
    await gone(Topics, [name]);
    const facts = await prober.metadata({ brokers: masters });
    expect(Object.values(facts).every((held) => held.topics.includes(name))).toBe(true);
  }, 120_000);

  it('goes with an object that takes it over and is to take it along', async () => {
    await declare(kube, Topics, name, { queuesPerBroker: 1 });
    await waitReady(kube, Topics, { namespace, name }, 60_000);
    await kube.delete(Topics, { namespace, name });
    await gone(Topics, [name]);
    const facts = await prober.metadata({ brokers: members });
    expect(Object.values(facts).some((held) => held.topics.includes(name))).toBe(false);
  }, 120_000);
});
