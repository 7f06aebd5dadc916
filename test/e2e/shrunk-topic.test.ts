/** A topic that is on one broker group only, and one that gets fewer queues while somebody reads it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerGroups, Topics, type Topic } from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { diagnose } from './harness/diagnose.ts';
import { askExchange, declare } from './harness/exchange.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, waitReady } from './harness/kube.ts';
import type { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = 'Fewer queues';
const { namespace } = EXCHANGE;
const TOPIC = 'e2e-shrinking';
const GROUP = 'e2e-slow-reader';
const SOME = 'e2e-on-one-group';
/** GET_TOPIC_CONFIG */
const topicConfig = 351;
/** The queue that is to go, and of which a message is not read. */
const LAST = 3;

let kube: KubeApi;
let prober: Prober;
let masters: readonly string[];

beforeAll(async () => {
  kube = connect();
  ({ prober, masters } = await askExchange(kube));
}, 900_000);

/** On each master: queues for writing and for reading; nothing where it is not. */
async function queues(topic: string): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    masters.map(async (address) => {
      const { code, body } = await prober.raw({ address, code: topicConfig, fields: { topic } });
      if (code !== 0) return undefined;
      const held: { readonly writeQueueNums: number; readonly readQueueNums: number } = JSON.parse(body);
      return `${String(held.writeQueueNums)} of ${String(held.readQueueNums)}`;
    }),
  );
}

async function drainingBecause(words: RegExp, deadlineMs: number): Promise<Topic> {
  return waitFor({
    what: `the topic to wait because ${String(words)}`,
    deadlineMs,
    look: async () => {
      const object = await kube.get(Topics, { namespace, name: TOPIC });
      const ready = condition(object, 'Ready');
      return object !== undefined && ready?.reason === 'Draining' && words.test(ready.message)
        ? { done: object }
        : { pending: describeConditions(object) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

describe('a topic of one broker group', () => {
  it('is there, is routed there, and nowhere else', async () => {
    await declare(kube, Topics, SOME, { queuesPerBroker: 2, brokerGroups: [EXCHANGE.groups[0]] });
    await waitReady(kube, Topics, { namespace, name: SOME }, 60_000);
    expect(await queues(SOME)).toEqual(['2 of 2', undefined]);
    const { status } = (await kube.get(Topics, { namespace, name: SOME })) ?? {};
    expect(status).toMatchObject({ groups: [EXCHANGE.groups[0]], totalQueues: 2 });
    await kube.delete(Topics, { namespace, name: SOME });
  }, 120_000);
});

describe('a topic that gets fewer queues', () => {
  it('takes no messages in those that go, and keeps them while a group has one to read', async () => {
    await declare(kube, ConsumerGroups, GROUP, {});
    await declare(kube, Topics, TOPIC, { queuesPerBroker: LAST + 1 });
    await waitReady(kube, ConsumerGroups, { namespace, name: GROUP }, 60_000);
    await waitReady(kube, Topics, { namespace, name: TOPIC }, 60_000);
    const [broker = ''] = masters;
    const message = { topic: TOPIC, body: 'to be read', timeoutMs: 10_000, queueId: LAST };
    expect((await prober.send({ broker, ...message })).code).toBe(0);
    await prober.commit({ broker, commits: [{ topic: TOPIC, group: GROUP, queueId: LAST, offset: 0 }] });

    const editedAt = performance.now();
    await declare(kube, Topics, TOPIC, { queuesPerBroker: LAST });
    const { status } = await drainingBecause(/^closed on every master/, 30_000);
    report(SHOW, 'edit → every master closed', seconds(performance.now() - editedAt));
    expect(status?.drainingSince).toBeDefined();
    expect(await queues(TOPIC)).toEqual(['3 of 4', '3 of 4']);
    await drainingBecause(
      new RegExp(`^broker-a: not read to the end by group ${GROUP}: queues from number 3 on$`),
      120_000,
    );
    expect(await queues(TOPIC)).toEqual(['3 of 4', '3 of 4']);
  }, 300_000);

  it('gives them up once it was read', async () => {
    const [broker = ''] = masters;
    await prober.commit({ broker, commits: [{ topic: TOPIC, group: GROUP, queueId: LAST, offset: 1 }] });
    const readAt = performance.now();
    await waitReady(kube, Topics, { namespace, name: TOPIC }, 60_000);
    report(SHOW, 'last message read → Ready with fewer queues', seconds(performance.now() - readAt));
    expect(await queues(TOPIC)).toEqual(['3 of 3', '3 of 3']);
    await kube.delete(Topics, { namespace, name: TOPIC });
    await kube.delete(ConsumerGroups, { namespace, name: GROUP });
  }, 120_000);
});
