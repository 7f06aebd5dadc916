import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type ConsumerGroup,
  type RocketMQCluster,
  type Topic,
} from '../../operator/src/api/mod.ts';
import { apiVersionOf, resourcePath, type KubeApi, type ResourceType } from '../../operator/src/kube/mod.ts';
import { ApiServer, type Answer } from '../integration/crd-server.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { byDepth, seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { damage, type FuzzObject } from './harness/fuzz.ts';
import { EXCHANGE, operatorPods } from './harness/install.ts';
import { connect, deleteNamespace, ensureNamespace, listAll } from './harness/kube.ts';
import { allowNoPods } from './harness/no-pods.ts';
import { seededRandom } from './harness/random.ts';
import { report } from './harness/report.ts';
import { smallSpec } from './harness/small.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Show 7: bad input';
const NAMESPACE = 'e2e-fuzz';
const OBJECTS = byDepth({ quick: 250, full: 1_000 });
/** Objects that the server accepts live together until the operator has judged them; then the next ones come. */
const BATCH = 50;

type Fuzzed = RocketMQCluster | Topic | ConsumerGroup;

interface Kind {
  readonly kind: string;
  readonly type: ResourceType<Fuzzed>;
  readonly spec: unknown;
}

const KINDS: readonly Kind[] = [
  { kind: 'RocketMQCluster', type: RocketMQClusters, spec: smallSpec(2) },
  {
    kind: 'Topic',
    type: Topics,
    spec: {
      clusterRef: { name: 'nowhere' },
      topicName: 'orders',
      type: 'FIFO',
      queuesPerBroker: 4,
      permission: 'ReadWrite',
      attributes: { 'reserve.time': '72' },
    },
  },
  {
    kind: 'ConsumerGroup',
    type: ConsumerGroups,
    spec: {
      clusterRef: { name: 'nowhere' },
      groupName: 'GID_orders',
      ordered: true,
      retry: { maxAttempts: 5, policy: { exponential: { initialMs: 10, maxMs: 1_000, multiplier: 2 } } },
    },
  },
];

let kube: KubeApi;
let server: ApiServer;
let operatorBefore: string;

beforeAll(async () => {
  kube = connect();
  server = await ApiServer.connect();
  // Hundreds of objects are enough work for a small machine without the JVMs of the exchange.
  await deleteNamespace(kube, EXCHANGE.namespace);
  await deleteNamespace(kube, NAMESPACE);
  await ensureNamespace(kube, NAMESPACE);
  // An accepted cluster gets its objects but never a pod: hundreds of them must not fill the machine.
  await allowNoPods(kube, NAMESPACE);
  operatorBefore = await operatorLife();
  report(SHOW, 'seed of the objects (GANTRY_SEED repeats them)', String(seed));
}, 180_000);

afterAll(async () => {
  server.close();
  await deleteNamespace(kube, NAMESPACE);
}, 180_000);

describe('Show 7: bad input', () => {
  it.each(KINDS)(
    `refuses each of many damaged $kind objects with field and rule, or says why it is not Ready`,
    async ({ kind, type, spec }) => {
      const random = seededRandom(seed + kind.length);
      let refused = 0;
      let accepted = 0;
      for (let from = 0; from < OBJECTS; from += BATCH) {
        const objects = Array.from({ length: Math.min(BATCH, OBJECTS - from) }, (_none, index) =>
          damage(baseOf(type, `fuzz-${String(from + index)}`, spec), random),
        );
        const answers = await Promise.all(objects.map((object) => create(type, object)));
        const unclear = answers.filter((answer) => answer.status >= 400 && !namesField(answer));
        expect(unclear.map((answer) => answer.body.message)).toEqual([]);
        const kept = objects.filter((_object, index) => (answers[index]?.status ?? 0) < 300);
        accepted += kept.length;
        refused += objects.length - kept.length;
        await judged(type, kept.length);
        await clear(type);
      }
      report(
        SHOW,
        `${kind}: refused by the API server / not Ready with a reason`,
        `${String(refused)} / ${String(accepted)}`,
      );
      expect(refused + accepted).toBe(OBJECTS);
      expect(refused).toBeGreaterThan(0);
      expect(accepted).toBeGreaterThan(0);
    },
    1_200_000,
  );

  it('never restarts the operator', async () => {
    expect(await operatorLife()).toBe(operatorBefore);
  });
});

function baseOf(type: ResourceType, name: string, spec: unknown): FuzzObject {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
}

/** As kubectl does it: unknown fields are refused, not dropped. */
async function create(type: ResourceType, object: FuzzObject): Promise<Answer> {
  const answer = await server.call('POST', `${resourcePath(type, NAMESPACE)}?fieldValidation=Strict`, object);
  if (answer.status >= 300 && answer.status !== 400 && answer.status !== 422) {
    throw new Error(`${String(answer.status)}: ${String(answer.body.message)}`);
  }
  return answer;
}

/** A refusal is useful when it says where and why. */
function namesField(answer: Answer): boolean {
  const { message = '', details } = answer.body;
  const causes = details?.causes ?? [];
  // Strict decoding and structural errors come without causes, but with the path in their text.
  return causes.length > 0
    ? causes.every((cause) => (cause.field ?? '') !== '' && (cause.message ?? '') !== '')
    : /unknown field "|duplicate field "|json: |spec/.test(message);
}

/** Every object of the kind is not Ready, with a reason and a message, about its own generation. */
async function judged(type: ResourceType<Fuzzed>, count: number): Promise<void> {
  await waitFor({
    what: `${String(count)} ${type.plural} to be judged`,
    deadlineMs: 120_000,
    look: async () => {
      const objects = await listAll(kube, type, NAMESPACE);
      const pending = objects.filter((object) => {
        const ready = condition(object, 'Ready');
        return (
          ready === undefined ||
          ready.reason === '' ||
          ready.message === '' ||
          ready.observedGeneration !== object.metadata.generation
        );
      });
      const first = pending[0];
      if (first !== undefined) {
        return {
          pending: `${first.metadata.name}: ${describeConditions(first)} ${JSON.stringify(first.spec)}`,
        };
      }
      expect(objects).toHaveLength(count);
      expect(objects.filter((object) => condition(object, 'Ready')?.status === 'True')).toEqual([]);
      return { done: true };
    },
    diagnose: () => diagnose(kube, NAMESPACE),
  });
}

async function clear(type: ResourceType<Fuzzed>): Promise<void> {
  const objects = await listAll(kube, type, NAMESPACE);
  await Promise.all(
    objects.map(({ metadata: { name } }) => kube.delete(type, { namespace: NAMESPACE, name })),
  );
  await waitFor({
    what: `all ${type.plural} to be gone`,
    deadlineMs: 60_000,
    look: async () => {
      const left = await listAll(kube, type, NAMESPACE);
      return yes(left.length === 0, left.map((object) => object.metadata.name).join(', '));
    },
  });
}

/** Changes when the operator's pod or its container is another than before, and then says how the last one ended. */
async function operatorLife(): Promise<string> {
  const pods = await operatorPods(kube);
  const lives = pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).map(
      ({ restartCount, lastState }) =>
        `${pod.metadata.uid ?? ''}: ${String(restartCount)} restarts, last end ${JSON.stringify(lastState ?? {})}`,
    ),
  );
  return lives.join('; ');
}
