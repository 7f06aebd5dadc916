/** Objects of another namespace than the cluster's, on a real cluster: there for as long as it allows them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, Topics, type RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import { Namespaces, type KubeApi } from '../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { diagnose } from './harness/diagnose.ts';
import { askExchange } from './harness/exchange.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, deleteNamespace, ensureNamespace, intent, waitReady } from './harness/kube.ts';
import type { Prober } from './harness/prober.ts';
import { waitFor, yes } from './harness/wait.ts';

const NAMESPACE = 'e2e-elsewhere';
const TOPIC = 'e2e-far';
const KEY = { namespace: NAMESPACE, name: TOPIC };
const LABEL = 'gantry-e2e';

let kube: KubeApi;
let prober: Prober;
let masters: readonly string[];

beforeAll(async () => {
  kube = connect();
  ({ prober, masters } = await askExchange(kube));
  await ensureNamespace(kube, NAMESPACE);
}, 900_000);

afterAll(async () => {
  await allow({ from: 'Same' });
  await deleteNamespace(kube, NAMESPACE);
}, 400_000);

/** The list of the labels is replaced as a whole, and nothing of it is left beside another `from`. */
async function allow(allowed: NonNullable<RocketMQClusterInput['allowedNamespaces']>): Promise<void> {
  const allowedNamespaces = { selector: null, ...allowed };
  await kube.mergePatch(RocketMQClusters, EXCHANGE, { spec: { allowedNamespaces } });
}

async function label(value: string | null): Promise<void> {
  const patch = { metadata: { labels: { [LABEL]: value } } };
  await kube.mergePatch(Namespaces, { namespace: '', name: NAMESPACE }, patch);
}

async function declareFar(): Promise<void> {
  const { namespace, name } = EXCHANGE;
  const spec = { clusterRef: { namespace, name }, queuesPerBroker: 1, deletionPolicy: 'Delete' };
  await kube.apply(Topics, intent(Topics, KEY, { spec }), { force: true });
}

async function isRefused(): Promise<string> {
  return waitFor({
    what: 'NotAllowed',
    deadlineMs: 60_000,
    look: async () => {
      const object = await kube.get(Topics, KEY);
      const ready = condition(object, 'Ready');
      return ready?.reason === 'NotAllowed'
        ? { done: ready.message }
        : { pending: describeConditions(object) };
    },
    diagnose: () => diagnose(kube, NAMESPACE),
  });
}

async function isGone(): Promise<void> {
  await waitFor({
    what: `${TOPIC} to be gone`,
    deadlineMs: 60_000,
    look: async () => {
      const object = await kube.get(Topics, KEY);
      return yes(object === undefined, describeConditions(object));
    },
    diagnose: () => diagnose(kube, NAMESPACE),
  });
}

/** On how many masters it is. */
async function found(): Promise<number> {
  const facts = await prober.metadata({ brokers: masters });
  return Object.values(facts).filter(({ topics }) => topics.includes(TOPIC)).length;
}

describe('a topic of another namespace', () => {
  it('is refused before the cluster allows it', async () => {
    await declareFar();
    expect(await isRefused()).toContain(`takes no objects of namespace ${NAMESPACE}`);
    expect(await found()).toBe(0);
  }, 120_000);

  it('is made as soon as its namespace has the labels', async () => {
    await allow({ from: 'Selector', selector: { matchLabels: { [LABEL]: 'yes' } } });
    await label('yes');
    await waitReady(kube, Topics, KEY, 60_000);
    expect(await found()).toBe(masters.length);
  }, 120_000);

  it('stays on the brokers when it is allowed no more, and is left alone', async () => {
    await label(null);
    await isRefused();
    await kube.delete(Topics, KEY);
    await isGone();
    expect(await found()).toBe(masters.length);
  }, 180_000);

  it('goes with an object that takes it over once it is allowed again', async () => {
    await label('yes');
    await declareFar();
    await waitReady(kube, Topics, KEY, 60_000);
    await kube.delete(Topics, KEY);
    await isGone();
    expect(await found()).toBe(0);
  }, 180_000);
});
