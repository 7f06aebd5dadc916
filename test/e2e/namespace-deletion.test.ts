/**
 * Show 7: a namespace with a cluster, topics, consumer groups and users goes in time, whatever of it is deleted first, although
 * the operator is killed as soon as it has let go of the first of them.
 *
 * Deleted at once, it goes by the clock of Kubernetes (pkg/controller/namespace, 1.35): pods are deleted after 5 s and looked at
 * after 5 more; as long as one is there the next look is after half of the longest grace period, 97 s for brokers, and the
 * last one, when everything else was deleted by that, 5 s later: 113 s. The others wait for the pods before.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerGroups, RocketMQClusters, Topics, Users } from '../../operator/src/api/mod.ts';
import {
  Leases,
  Namespaces,
  Pods,
  type KubeApi,
  type KubeObject,
  type ResourceType,
} from '../../operator/src/kube/mod.ts';
import { describeConditions } from './harness/conditions.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE, leadingPod, OPERATOR } from './harness/install.ts';
import { connect, createCluster, deleteNamespace, intent, isReady, listAll } from './harness/kube.ts';
import { findContainer, signalContainer, type ContainerPlace } from './harness/nodes.ts';
import { report, seconds } from './harness/report.ts';
import { smallShape, smallSpec } from './harness/small.ts';
import type { Shape } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Show 7: a namespace deleted';
const BAR_MS = 120_000;
/** From when the operator works, and the cluster goes. */
const LETTING_GO_MS = 30_000;
/** How long is looked at what misses the bar, to say by how much. */
const PATIENCE_MS = 300_000;

const declared: readonly (readonly [ResourceType, number])[] = [
  [Topics, 50],
  [ConsumerGroups, 20],
  [Users, 20],
];
const ALL = declared.reduce((sum, [, count]) => sum + count, 0);
/** Every other one takes what it declares along, and has a finalizer for that. */
const policyOf = (index: number): string => (index % 2 === 0 ? 'Delete' : 'Retain');
const HELD = ALL / 2;

let kube: KubeApi;

beforeAll(async () => {
  kube = connect();
  // One RocketMQ at a time.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

async function declareAll({ namespace, name: cluster }: Shape): Promise<void> {
  for (const [type, count] of declared)
    await Promise.all(
      Array.from({ length: count }, async (_none, index) => {
        const key = { namespace, name: `${type.plural}-${String(index)}` };
        const spec = { clusterRef: { name: cluster }, deletionPolicy: policyOf(index) };
        await kube.create(type, intent(type, key, { spec }));
      }),
    );
}

async function listDeclared(namespace: string): Promise<readonly KubeObject[]> {
  return (await Promise.all(declared.map(async ([type]) => listAll(kube, type, namespace)))).flat();
}

async function allReady(namespace: string): Promise<void> {
  await waitFor({
    what: `${String(ALL)} objects to be Ready`,
    deadlineMs: 180_000,
    look: async () => {
      const objects = await listDeclared(namespace);
      const waiting = objects.filter((object) => !isReady(object));
      const [first] = waiting;
      const missing = `${String(objects.length)}, of them not Ready ${String(waiting.length)}`;
      return yes(
        objects.length === ALL && waiting.length === 0,
        first === undefined ? missing : `${missing}: ${first.metadata.name} ${describeConditions(first)}`,
      );
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

const isHeld = ({ metadata }: KubeObject): boolean => (metadata.finalizers ?? []).length > 0;

/** When what was first the case, by `Date.now()`; absent: not yet. */
interface Times {
  killedAt?: number;
  leadsAt?: number;
  letGoAt?: number;
  podsGoneAt?: number;
  goneAt?: number;
}

/** One deletion of a namespace with all that is in it. */
class Run {
  readonly shape: Shape;
  readonly startedAt = Date.now();
  readonly times: Times = {};
  leftAtKill = '';
  readonly #operator: ContainerPlace;
  readonly #pod: string;

  private constructor(shape: Shape, operator: ContainerPlace, pod: string) {
    this.shape = shape;
    this.#operator = operator;
    this.#pod = pod;
  }

  /** The time begins: who is to be killed is found before. */
  static async begin(shape: Shape): Promise<Run> {
    const { name } = (await leadingPod(kube)).metadata;
    return new Run(shape, await findContainer(kube, { ...OPERATOR, name }), name);
  }

  async deleteCluster(): Promise<void> {
    await kube.delete(RocketMQClusters, this.shape);
  }

  async deleteObjects(): Promise<void> {
    const { namespace } = this.shape;
    await Promise.all(
      declared.map(async ([type]) => {
        const objects = await listAll(kube, type, namespace);
        await Promise.all(
          objects.map(async ({ metadata: { name } }) => kube.delete(type, { namespace, name })),
        );
      }),
    );
  }

  async deleteNamespace(): Promise<void> {
    await kube.delete(Namespaces, { namespace: '', name: this.shape.namespace });
  }

  /** SIGKILL as soon as the operator has let go of the first object, and its pod with it: nobody gives the Lease back. */
  async killHalfWay(): Promise<void> {
    await waitFor({
      what: 'the operator to let go of the first object',
      deadlineMs: 100_000,
      everyMs: 50,
      look: async () => {
        const held = (await listDeclared(this.shape.namespace)).filter(isHeld).length;
        return yes(held < HELD, `${String(held)} held`);
      },
      diagnose: () => diagnose(kube, this.shape.namespace),
    });
    await signalContainer(this.#operator, 'KILL');
    await kube.delete(Pods, { ...OPERATOR, name: this.#pod }, { gracePeriodSeconds: 0 });
    const left = await listDeclared(this.shape.namespace);
    this.times.killedAt = Date.now();
    this.leftAtKill = `${String(left.length)} of ${String(ALL)}, ${String(left.filter(isHeld).length)} of ${String(HELD)}`;
  }

  async podsGone(): Promise<void> {
    await this.#until('its pods to be gone', () => this.times.podsGoneAt !== undefined);
  }

  async isGone(): Promise<void> {
    await this.#until(`namespace ${this.shape.namespace} to be gone`, () => this.times.goneAt !== undefined);
    await this.#until('an operator to lead', () => this.times.leadsAt !== undefined);
  }

  async #until(what: string, isOver: () => boolean): Promise<void> {
    await waitFor({
      what,
      deadlineMs: PATIENCE_MS,
      everyMs: 500,
      tolerate: true,
      look: async () => {
        const seen = await this.#look();
        return yes(isOver(), seen);
      },
      diagnose: () => diagnose(kube, this.shape.namespace),
    });
  }

  /** Notes what is the case for the first time. */
  async #look(): Promise<string> {
    const { namespace } = this.shape;
    const { times } = this;
    const [objects, pods, there, lease] = await Promise.all([
      listDeclared(namespace),
      listAll(kube, Pods, namespace),
      kube.get(Namespaces, { namespace: '', name: namespace }),
      kube.get(Leases, OPERATOR),
    ]);
    const leader = lease?.spec?.holderIdentity ?? '';
    const now = Date.now();
    if (!objects.some(isHeld)) times.letGoAt ??= now;
    if (pods.length === 0) times.podsGoneAt ??= now;
    if (leader !== '' && !leader.startsWith(`${this.#pod}_`)) times.leadsAt ??= now;
    if (there === undefined) times.goneAt ??= now;
    const conditions = JSON.stringify(there?.status?.conditions ?? []);
    return `${String(objects.length)} objects, ${String(pods.length)} pods, "${leader}" leads, ${conditions}`;
  }
}

const ORDERS: readonly (readonly [what: string, namespace: string, remove: (run: Run) => Promise<void>])[] = [
  [
    'the cluster first, then what is on it, and when its pods are gone the namespace',
    'e2e-cluster-first',
    async (run) => {
      await run.deleteCluster();
      await run.killHalfWay();
      await run.deleteObjects();
      await run.podsGone();
      await run.deleteNamespace();
    },
  ],
  [
    'what is on it first, then the cluster, and when its pods are gone the namespace',
    'e2e-objects-first',
    async (run) => {
      await run.deleteObjects();
      await run.killHalfWay();
      await run.deleteCluster();
      await run.podsGone();
      await run.deleteNamespace();
    },
  ],
  [
    'all of it at once, by the namespace',
    'e2e-all-at-once',
    async (run) => {
      await run.deleteNamespace();
      await run.killHalfWay();
    },
  ],
];

describe.each(ORDERS)('a namespace that is deleted: %s', (what, namespace, remove) => {
  const shape = smallShape(namespace, 'going', 2);

  beforeAll(async () => {
    await createCluster(kube, shape, { ...smallSpec(2), security: { acl: { enabled: true } } }, 400_000);
    await declareAll(shape);
    await allReady(namespace);
  }, 700_000);

  afterAll(async () => {
    // Whatever happened, the next file begins with one operator that leads, and without this namespace.
    await leadingPod(kube);
    await deleteNamespace(kube, namespace);
  }, 600_000);

  it('has finalizers on those that are to take something along, and on no others', async () => {
    const objects = await listDeclared(namespace);
    expect(objects).toHaveLength(ALL);
    expect(objects.filter(isHeld)).toHaveLength(HELD);
  });

  it('is gone in time, although the operator is killed half-way', async () => {
    const run = await Run.begin(shape);
    await remove(run);
    await run.isGone();
    const { startedAt, leftAtKill } = run;
    const after = (at: keyof Times): number => (run.times[at] ?? Number.NaN) - startedAt;
    const told: readonly (readonly [string, keyof Times])[] = [
      ['another operator leads', 'leadsAt'],
      ['no finalizer left', 'letGoAt'],
      ['pods gone', 'podsGoneAt'],
      ['namespace gone', 'goneAt'],
    ];
    const killed = `${what}: operator killed; left of the objects, and of those with a finalizer`;
    report(SHOW, killed, `${seconds(after('killedAt'))}; ${leftAtKill}`);
    for (const [event, at] of told) report(SHOW, `${what}: ${event}`, seconds(after(at)));
    // Nobody can let go while nobody leads.
    const sinceMs = after('letGoAt') < after('leadsAt') ? after('killedAt') : after('leadsAt');
    expect(after('letGoAt') - sinceMs).toBeLessThan(LETTING_GO_MS);
    expect(after('goneAt')).toBeLessThan(BAR_MS);
  }, 700_000);
});
