/** How consumer groups are doing, on a real cluster: what the operator tells is what brokers and proxies say. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerGroups, Topics, type ConsumerGroup } from '../../operator/src/api/mod.ts';
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { diagnose } from './harness/diagnose.ts';
import { askExchange, declare } from './harness/exchange.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, listAll, waitReady } from './harness/kube.ts';
import type { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Consumption';
const { namespace } = EXCHANGE;
const TOPIC = 'e2e-to-be-read';
const GROUP = 'e2e-reader';
/** On each broker group; the status rounds their sum to itself. */
const MESSAGES = 5;
/** Of the order service, which reads by the proxies. */
const ORDERS = 'order-consumer';
/** GET_CONSUMER_CONNECTION_LIST */
const consumerConnections = 203;

let kube: KubeApi;
let prober: Prober;
let masters: readonly string[];

beforeAll(async () => {
  kube = connect();
  ({ prober, masters } = await askExchange(kube));
}, 900_000);

type Consumption = NonNullable<ConsumerGroup['status']>['consumption'];

async function tells(
  name: string,
  isMeant: (consumption: Consumption) => boolean,
  deadlineMs: number,
): Promise<Consumption> {
  return waitFor({
    what: `the status of ${name} to tell it`,
    deadlineMs,
    look: async () => {
      const consumption = (await kube.get(ConsumerGroups, { namespace, name }))?.status?.consumption;
      return isMeant(consumption) ? { done: consumption } : { pending: JSON.stringify(consumption) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

describe('a group that is behind', () => {
  it('is told to be, with its lag and the age of what waits', async () => {
    await declare(kube, Topics, TOPIC, { queuesPerBroker: 1 });
    await declare(kube, ConsumerGroups, GROUP, {});
    await waitReady(kube, Topics, { namespace, name: TOPIC }, 60_000);
    await waitReady(kube, ConsumerGroups, { namespace, name: GROUP }, 60_000);
    for (const broker of masters) {
      await prober.commit({ broker, commits: [{ topic: TOPIC, group: GROUP, queueId: 0, offset: 0 }] });
      for (let sent = 0; sent < MESSAGES; sent += 1)
        expect(
          (await prober.send({ broker, topic: TOPIC, body: String(sent), timeoutMs: 10_000 })).code,
        ).toBe(0);
    }
    const sentAt = performance.now();
    const lag = MESSAGES * masters.length;
    await tells(GROUP, (told) => told?.lag === lag && (told.oldestSeconds ?? 0) >= 10, 150_000);
    report(SHOW, 'sent → lag and age in the status', seconds(performance.now() - sentAt));
  }, 300_000);

  it('is told to have caught up', async () => {
    for (const broker of masters)
      await prober.commit({
        broker,
        commits: [{ topic: TOPIC, group: GROUP, queueId: 0, offset: MESSAGES }],
      });
    const told = await tells(GROUP, (consumption) => consumption?.lag === 0, 150_000);
    expect(told).toMatchObject({ oldestSeconds: 0, members: 0, deadLetters: 0 });
  }, 180_000);

  it('reads everything again when its offsets are reset', async () => {
    await declare(kube, ConsumerGroups, GROUP, { resetOffset: { id: 'again', to: 'Earliest' } });
    const startedAt = performance.now();
    const reset = await waitFor({
      what: 'the reset to be done',
      deadlineMs: 60_000,
      everyMs: 200,
      look: async () => {
        const told = (await kube.get(ConsumerGroups, { namespace, name: GROUP }))?.status?.resetOffset;
        return told?.state === 'Done' ? { done: told } : { pending: JSON.stringify(told) };
      },
      diagnose: () => diagnose(kube, namespace),
    });
    report(SHOW, 'edit → offsets reset', seconds(performance.now() - startedAt));
    expect(reset).toMatchObject({ again: MESSAGES * masters.length, skipped: 0, doneOn: EXCHANGE.groups });
    const { queues } = await prober.offsets({ brokers: masters, topic: TOPIC, group: GROUP });
    expect(queues.map(({ committed }) => committed)).toEqual(masters.map(() => 0));
    await kube.delete(Topics, { namespace, name: TOPIC });
    await kube.delete(ConsumerGroups, { namespace, name: GROUP });
  }, 120_000);
});

/** Ids of the clients of the order service, as one proxy knows them. */
async function clientsOf(proxyIp: string): Promise<string> {
  const question = { code: consumerConnections, fields: { consumerGroup: ORDERS } };
  const { code, body } = await prober.raw({ address: `${proxyIp}:8080`, ...question });
  if (code !== 0) return '';
  const { connectionSet }: { readonly connectionSet: readonly { readonly clientId: string }[] } =
    JSON.parse(body);
  return connectionSet
    .map(({ clientId }) => clientId)
    .toSorted()
    .join(' ');
}

describe('a group that reads by the proxies', () => {
  it('is known to each of them, whichever it is connected to', async () => {
    const proxies = (await listAll(kube, Pods, namespace)).filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'proxy',
    );
    expect(proxies.length).toBe(EXCHANGE.proxies);
    await waitFor({
      what: 'every proxy to know the clients of all',
      deadlineMs: 60_000,
      everyMs: 1_000,
      look: async () => {
        const known = await Promise.all(proxies.map(async ({ status }) => clientsOf(status?.podIP ?? '')));
        const [first = ''] = known;
        return yes(first !== '' && known.every((clients) => clients === first), known.join(' | '));
      },
    });
  }, 120_000);

  it('has members', async () => {
    const groups = await listAll(kube, ConsumerGroups, namespace);
    const orders = groups.find(({ status }) => status?.groupName === ORDERS);
    const known = await tells(orders?.metadata.name ?? '', (told) => told?.members !== undefined, 150_000);
    expect(known?.members).toBeGreaterThan(0);
  }, 180_000);
});
