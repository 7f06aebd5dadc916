/** What lives on a cluster and nobody declared: written down, applied, and nothing of it changed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerGroups, Topics } from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { askExchange } from './harness/exchange.ts';
import { EXCHANGE, OPERATOR } from './harness/install.ts';
import { connect, isReady } from './harness/kube.ts';
import type { Prober } from './harness/prober.ts';
import { kubectl } from './harness/shell.ts';
import { waitFor } from './harness/wait.ts';

const { namespace, name: cluster } = EXCHANGE;
const codes = { putTopic: 17, listTopics: 21, putGroup: 200, listGroups: 201 };
const UNTYPED = 'E2E_Import_Untyped';
const ORDERED = 'E2E_Import_Ordered';
const LOPSIDED = 'e2e-import-lopsided';
const READERS = 'E2E_Import_Readers';

let kube: KubeApi;
let prober: Prober;
let masters: readonly string[];

beforeAll(async () => {
  kube = connect();
  ({ prober, masters } = await askExchange(kube));
}, 900_000);

/** As a person does by mqadmin. */
async function makeTopic(address: string, topic: string, queues: number, attributes = ''): Promise<void> {
  const fields = {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: String(queues),
    writeQueueNums: String(queues),
    perm: '6',
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '0',
    order: 'false',
    ...(attributes === '' ? {} : { attributes }),
  };
  expect(await prober.raw({ address, code: codes.putTopic, fields })).toMatchObject({ code: 0 });
}

async function makeGroup(address: string, groupName: string): Promise<void> {
  const body = JSON.stringify({ groupName, retryMaxTimes: 5 });
  expect(await prober.raw({ address, code: codes.putGroup, body })).toMatchObject({ code: 0 });
}

/** Every topic and group of each master, as it tells them. */
async function living(): Promise<readonly string[]> {
  const tables = masters.flatMap((address) =>
    [codes.listTopics, codes.listGroups].map(async (code) => {
      // Their version counts writes: nothing is written, so that it stays as well.
      return (await prober.raw({ address, code })).body;
    }),
  );
  return Promise.all(tables);
}

function importAll(format: 'json' | 'yaml'): Promise<string> {
  const command = ['node', '/app/cli.mjs', 'import', cluster, '-n', namespace, '-o', format];
  return kubectl(['exec', '-n', OPERATOR.namespace, `deploy/${OPERATOR.name}`, '--', ...command], {
    timeoutMs: 60_000,
  });
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly topicName?: string;
    readonly groupName?: string;
    readonly adoptionPolicy?: string;
  };
}

let manifests: readonly Manifest[] = [];

/** What they declared stays: their deletionPolicy is Retain. */
afterAll(async () => {
  for (const { kind, metadata } of manifests) {
    const type = kind === Topics.kind ? Topics : ConsumerGroups;
    await kube.delete(type, { namespace, name: metadata.name });
  }
}, 60_000);

describe('import', () => {
  let before: readonly string[];

  it('writes down what nobody declared, untyped and unlike topics too', async () => {
    for (const [index, address] of masters.entries()) {
      await makeTopic(address, UNTYPED, 4);
      await makeTopic(address, ORDERED, 4, '+message.type=FIFO');
      await makeTopic(address, LOPSIDED, 4 + index);
      await makeGroup(address, READERS);
    }
    before = await living();
    const list: { readonly items: readonly Manifest[] } = JSON.parse(await importAll('json'));
    manifests = list.items;
    const named = (name: string) =>
      manifests.find(({ metadata, spec }) => [spec.topicName, spec.groupName, metadata.name].includes(name));
    expect(named(UNTYPED)).toMatchObject({
      metadata: { name: 'e2e-import-untyped' },
      spec: { topicName: UNTYPED, type: 'Unspecified', queuesPerBroker: 4 },
    });
    expect(named(ORDERED)).toMatchObject({ kind: 'Topic', spec: { type: 'FIFO' } });
    expect(named(LOPSIDED)).toMatchObject({ spec: { adoptionPolicy: 'Observe' } });
    expect(named(READERS)).toMatchObject({ kind: 'ConsumerGroup', spec: { retry: { maxAttempts: 5 } } });
    await kubectl(['apply', '-f', '-'], { timeoutMs: 60_000, input: await importAll('yaml') });
  }, 120_000);

  it('whose output is taken for what there is, and changes nothing', async () => {
    for (const { kind, metadata, spec } of manifests) {
      const key = { namespace, name: metadata.name };
      await waitFor({
        what: `${kind} ${metadata.name} to be compared`,
        deadlineMs: 60_000,
        look: async () => {
          const object = await (kind === Topics.kind ? kube.get(Topics, key) : kube.get(ConsumerGroups, key));
          if (object === undefined) return { pending: 'no such object' };
          const observed = condition(object, 'Ready')?.reason === 'Differs';
          return (spec.adoptionPolicy === 'Observe' ? observed : isReady(object))
            ? { done: undefined }
            : { pending: describeConditions(object) };
        },
      });
    }
    expect(await living()).toEqual(before);
  }, 180_000);

  it('has nothing left to write down then', async () => {
    expect(await importAll('yaml')).toBe('');
  }, 60_000);
});
