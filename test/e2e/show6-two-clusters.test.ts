import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, type RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import type { ApplyIntent, KubeApi, KubeObject } from '../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { byDepth } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, deleteNamespace, ensureNamespace, intent, waitClusterReady } from './harness/kube.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallSpec } from './harness/small.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = 'Show 6: two clusters, one broken';
/** The same name in both namespaces. */
const NAME = 'twin';
const BASELINE = 'e2e-twin-alone';
const CONDITION_WITHIN_MS = 60_000;

interface Fault {
  readonly name: string;
  readonly slug: string;
  readonly spec: RocketMQClusterInput;
  /** What the condition must be and say: the object, and the cure. */
  readonly type: 'Ready' | 'ConfigValid';
  readonly reason: string;
  readonly names: readonly RegExp[];
}

const good = smallSpec(1);
const { brokers } = good;
const MEMBER_POD = new RegExp(`${NAME}-${GROUP}-0-0`);

const FAULTS: readonly Fault[] = [
  {
    name: 'no such image',
    slug: 'image',
    spec: { ...good, image: 'apache/rocketmq:0.0.0-no-such-tag' },
    type: 'Ready',
    reason: 'ImageUnavailable',
    names: [/apache\/rocketmq:0\.0\.0-no-such-tag/, /spec\.image/],
  },
  {
    name: 'unschedulable',
    slug: 'unschedulable',
    spec: { ...good, brokers: { ...brokers, resources: { requests: { cpu: '900' } } } },
    type: 'Ready',
    reason: 'Unschedulable',
    names: [MEMBER_POD, /spec\.brokers\.resources/],
  },
  {
    name: 'volume pending',
    slug: 'volume',
    spec: {
      ...good,
      brokers: { ...brokers, storage: { size: '1Gi', storageClassName: 'no-such-class' } },
    },
    type: 'Ready',
    reason: 'VolumePending',
    names: [MEMBER_POD, /no-such-class/, /storageClassName/],
  },
  {
    name: 'broker exits at once',
    slug: 'exits',
    spec: {
      ...good,
      brokers: { ...brokers, config: { ...brokers.config, messageStorePlugIn: 'no.such.Plugin' } },
    },
    type: 'Ready',
    reason: 'ContainerCrash',
    names: [MEMBER_POD, /spec\.brokers\.config/],
  },
  {
    name: 'refused config',
    slug: 'config',
    spec: { ...good, brokers: { ...brokers, config: { ...brokers.config, flushDiskTpye: 'SYNC_FLUSH' } } },
    type: 'ConfigValid',
    reason: 'UnknownKey',
    names: [/flushDiskTpye/, /flushDiskType/],
  },
];

/** Quick depth takes two of different kinds: one that the kubelet finds, one that the operator does. */
const CHOSEN = byDepth({
  quick: FAULTS.filter(({ slug }) => slug === 'image' || slug === 'config'),
  full: FAULTS,
});

let kube: KubeApi;
const namespaces: string[] = [];

async function start(namespace: string, spec: RocketMQClusterInput): Promise<void> {
  namespaces.push(namespace);
  await ensureNamespace(kube, namespace);
  const key = { namespace, name: NAME };
  await kube.create(RocketMQClusters, intent(RocketMQClusters, key, { spec }));
}

async function readyAfter(namespace: string, since: number): Promise<number> {
  await waitClusterReady(kube, { namespace, name: NAME }, 240_000);
  return Date.now() - since;
}

/** Removes a cluster without waiting for its namespace. */
async function drop(namespace: string): Promise<void> {
  await kube.delete(RocketMQClusters, { namespace, name: NAME });
}

beforeAll(async () => {
  kube = connect();
  // The JVMs of the exchange would take the time that this file measures.
  await deleteNamespace(kube, EXCHANGE.namespace);
  for (const suffix of ['alone', ...FAULTS.flatMap(({ slug }) => [`${slug}-good`, `${slug}-bad`])]) {
    await deleteNamespace(kube, `e2e-twin-${suffix}`);
  }
}, 600_000);

afterAll(async () => {
  await Promise.all(namespaces.map((namespace) => deleteNamespace(kube, namespace)));
}, 300_000);

describe('Show 6: two clusters, one broken', () => {
  it('becomes Ready when it is alone', async () => {
    const since = Date.now();
    await start(BASELINE, good);
    const took = await readyAfter(BASELINE, since);
    report(SHOW, 'Ready, alone', seconds(took));
    await drop(BASELINE);
    expect(took).toBeLessThan(240_000);
  }, 300_000);

  describe.each(CHOSEN)('beside one with: $name', (fault) => {
    const goodNamespace = `e2e-twin-${fault.slug}-good`;
    const badNamespace = `e2e-twin-${fault.slug}-bad`;
    const badKey = { namespace: badNamespace, name: NAME };
    let since: number;
    let goodReady: Promise<number>;

    beforeAll(async () => {
      since = Date.now();
      await Promise.all([start(badNamespace, fault.spec), start(goodNamespace, good)]);
      goodReady = readyAfter(goodNamespace, since);
      goodReady.catch(() => undefined); // its own test reports it
    }, 60_000);

    it('the broken one says within 60 s what is wrong and what cures it', async () => {
      const message = await waitFor({
        what: `${fault.type}=False ${fault.reason}`,
        deadlineMs: CONDITION_WITHIN_MS - (Date.now() - since),
        everyMs: 250,
        look: async () => {
          const cluster = await kube.get(RocketMQClusters, badKey);
          const found = condition(cluster, fault.type);
          const fits =
            found?.status === 'False' &&
            found.reason === fault.reason &&
            fault.names.every((name) => name.test(found.message));
          return fits ? { done: found.message } : { pending: describeConditions(cluster) };
        },
        diagnose: () => diagnose(kube, badNamespace),
      });
      report(SHOW, `${fault.name}: condition after`, seconds(Date.now() - since));
      // The container runtime quotes addresses of whatever registry the machine has.
      report(SHOW, `${fault.name}: it says`, message.replaceAll(/failed to .*(?= Correct)/g, '…'));
      expect(condition(await kube.get(RocketMQClusters, badKey), 'Ready')?.status).not.toBe('True');
    }, 90_000);

    it('the other one becomes Ready all the same', async () => {
      const took = await goodReady;
      report(SHOW, `${fault.name}: the other Ready after`, seconds(took));
      await drop(goodNamespace);
      expect(took).toBeLessThan(240_000);
    }, 300_000);

    it('a corrected spec heals the broken one', async () => {
      const correctedAt = Date.now();
      const cluster = await kube.get(RocketMQClusters, badKey);
      if (cluster === undefined) throw new Error('the broken cluster is gone');
      const { resourceVersion = '' } = cluster.metadata;
      const corrected: ApplyIntent & Pick<KubeObject, 'metadata'> & { readonly spec: unknown } = {
        ...intent(RocketMQClusters, badKey, {}),
        metadata: { ...badKey, resourceVersion },
        spec: good,
      };
      await kube.replace(RocketMQClusters, corrected);
      const took = await readyAfter(badNamespace, correctedAt);
      report(SHOW, `${fault.name}: correction to Ready`, seconds(took));
      await drop(badNamespace);
      expect(took).toBeLessThan(240_000);
    }, 300_000);
  });
});
