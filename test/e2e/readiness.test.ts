/**
 * How long a cluster takes from its CR to Ready, against the same pods as plain manifests: the objects that the operator
 * made, applied at once in a namespace in which it manages nothing. One after the other, in turn, on the same machine.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import {
  Pods,
  type ApplyIntent,
  type KubeApi,
  type Pod,
  type ResourceType,
} from '../../operator/src/kube/mod.ts';
import { ratioOfMedians, spreadOf } from '../bench/figures.ts';
import { CHILD_TYPES, childrenOf } from './harness/children.ts';
import { byDepth } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import {
  connect,
  deleteNamespace,
  ensureNamespace,
  intent,
  isPodReady,
  listAll,
  waitClusterReady,
} from './harness/kube.ts';
import { manifestOf } from './harness/manifests.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { smallShape, smallSpec } from './harness/small.ts';
import { clusterQuestion, type Shape } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';
import { lackingOf } from './harness/whole.ts';

const SHOW = 'Applied to Ready';
const ROUNDS = byDepth({ quick: 1, full: 5 });
const OPERATED = smallShape('e2e-ready', 'ready', 2);
/** Of the same name: the names of all objects follow from it. */
const PLAIN: Shape = { ...OPERATED, namespace: 'e2e-ready-plain' };
const PODS = OPERATED.nameServers + OPERATED.controllers + OPERATED.members + OPERATED.proxies;
const DEADLINE_MS = 400_000;

/** From the first request on. */
interface Times {
  /** Every pod is Ready as Kubernetes sees it; of brokers under the operator that includes being in sync. */
  readonly podsMs: number;
  /** The servers say themselves that the group is whole; asked about once a second. */
  readonly wholeMs: number;
  /** Ready by the operator's word; without one: both of the above. */
  readonly readyMs: number;
}

let kube: KubeApi;
let prober: Prober;
let manifests: readonly { readonly type: ResourceType; readonly object: ApplyIntent }[];
const operated: Times[] = [];
const plain: Times[] = [];
const podNames = new Map<string, readonly string[]>();

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time, so that the times are its own.
  for (const { namespace } of [EXCHANGE, OPERATED, PLAIN]) await deleteNamespace(kube, namespace);
  // Not measured: it reads the images from the disk for all that come after it.
  await ensureNamespace(kube, OPERATED.namespace);
  await create();
  await waitClusterReady(kube, OPERATED, DEADLINE_MS);
  const lists = await Promise.all(
    CHILD_TYPES.map(async (type) =>
      (await childrenOf(kube, type, OPERATED)).map((child) => ({
        type,
        object: manifestOf(child, OPERATED.namespace, PLAIN.namespace),
      })),
    ),
  );
  manifests = lists.flat();
  await deleteNamespace(kube, OPERATED.namespace);
}, 1_200_000);

afterAll(async () => {
  for (const { namespace } of [OPERATED, PLAIN]) await deleteNamespace(kube, namespace);
}, 300_000);

describe('a cluster by its CR, and the same pods by manifests', () => {
  it.each(Array.from({ length: ROUNDS }, (_none, round) => round + 1))(
    'round %i: both become whole',
    async (round) => {
      const measures = [
        async () => operated.push(await measureOperated()),
        async () => plain.push(await measurePlain()),
      ];
      // Neither always has a machine that the other has just left.
      for (const measure of round % 2 === 1 ? measures : measures.toReversed()) await measure();
      expect(podNames.get(PLAIN.namespace)).toEqual(podNames.get(OPERATED.namespace));
    },
    2 * (DEADLINE_MS + 360_000),
  );

  it('are reported', () => {
    expect([operated.length, plain.length]).toEqual([ROUNDS, ROUNDS]);
    const rows = [
      ['CR applied to Ready', operated, 'readyMs'],
      ['CR applied to every pod Ready', operated, 'podsMs'],
      ['CR applied to the group whole', operated, 'wholeMs'],
      ['manifests applied to every pod Ready and the group whole', plain, 'readyMs'],
      ['manifests applied to every pod Ready', plain, 'podsMs'],
      ['manifests applied to the group whole', plain, 'wholeMs'],
    ] as const;
    for (const [what, times, which] of rows) {
      const values = times.map((each) => each[which]);
      const { min, median, max } = spreadOf({ name: what, unit: 'ms', values });
      report(SHOW, `${what}: min, median, max`, [min, median, max].map(seconds).join(', '));
    }
    for (const [what, which] of [
      ['Ready, against the manifests (goal 1.1)', 'readyMs'],
      ['group whole, against the manifests', 'wholeMs'],
    ] as const) {
      const ratio = ratioOfMedians(
        operated.map((each) => each[which]),
        plain.map((each) => each[which]),
      );
      report(SHOW, `${what}: ratio of the medians of ${String(ROUNDS)}`, ratio.toFixed(2));
    }
  });
});

function create(): Promise<unknown> {
  const spec = smallSpec(OPERATED.members);
  return kube.create(RocketMQClusters, intent(RocketMQClusters, OPERATED, { spec }));
}

async function measureOperated(): Promise<Times> {
  await ensureNamespace(kube, OPERATED.namespace);
  const since = Date.now();
  await create();
  const [times, readyMs] = await Promise.all([
    settled(OPERATED, since),
    waitClusterReady(kube, OPERATED, DEADLINE_MS).then(() => Date.now() - since),
  ]);
  await deleteNamespace(kube, OPERATED.namespace);
  return { ...times, readyMs };
}

async function measurePlain(): Promise<Times> {
  await ensureNamespace(kube, PLAIN.namespace);
  const since = Date.now();
  await Promise.all(manifests.map(({ type, object }) => kube.apply(type, object)));
  const times = await settled(PLAIN, since);
  await deleteNamespace(kube, PLAIN.namespace);
  return { ...times, readyMs: Math.max(times.podsMs, times.wholeMs) };
}

async function settled(shape: Shape, since: number): Promise<Omit<Times, 'readyMs'>> {
  const [podsMs, wholeMs] = await Promise.all([
    untilPods('to be Ready', shape, (pods) => pods.length === PODS && pods.every(isPodReady)).then(
      () => Date.now() - since,
    ),
    // The probe takes the machine's time: nobody is asked before every server listens.
    untilPods('of the servers to listen', shape, (pods) => {
      const servers = pods.filter(isServer);
      return servers.length === PODS - shape.proxies && servers.every(listens);
    })
      .then(() => untilWhole(shape))
      .then(() => Date.now() - since),
  ]);
  podNames.set(shape.namespace, (await podsOf(shape)).map(placeOf).toSorted());
  return { podsMs, wholeMs };
}

function podsOf({ namespace, name }: Shape): Promise<readonly Pod[]> {
  return listAll(kube, Pods, namespace, `app.kubernetes.io/instance=${name}`);
}

function untilPods(what: string, shape: Shape, fit: (pods: readonly Pod[]) => boolean): Promise<true> {
  return waitFor({
    what: `the pods ${what}`,
    deadlineMs: DEADLINE_MS,
    everyMs: 200,
    look: async () => {
      const pods = await podsOf(shape);
      return yes(fit(pods), `${String(pods.filter(isPodReady).length)} of ${String(PODS)} are Ready`);
    },
    diagnose: () => diagnose(kube, shape.namespace),
  });
}

function untilWhole(shape: Shape): Promise<true> {
  return waitFor({
    what: 'the group to be whole',
    deadlineMs: DEADLINE_MS,
    everyMs: 200,
    tolerate: true,
    look: async () => {
      const lacking = lackingOf(await prober.cluster(clusterQuestion(shape)), shape);
      return yes(lacking.length === 0, lacking.join('; '));
    },
    diagnose: () => diagnose(kube, shape.namespace),
  });
}

const COMPONENT = 'app.kubernetes.io/component';

/** A proxy is a client of the others. */
function isServer({ metadata }: Pod): boolean {
  return metadata.labels?.[COMPONENT] !== 'proxy';
}

/** Its startup probe has connected. */
function listens({ status }: Pod): boolean {
  return status?.containerStatuses?.every(({ started }) => started === true) ?? false;
}

/** Pods of a Deployment have names by chance. */
function placeOf(pod: Pod): string {
  return isServer(pod) ? pod.metadata.name : 'proxy';
}
