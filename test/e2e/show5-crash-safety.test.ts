import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, Topics } from '../../operator/src/api/mod.ts';
import {
  Deployments,
  PodDisruptionBudgets,
  Secrets,
  Services,
  StatefulSets,
  type KubeApi,
  type ResourceType,
} from '../../operator/src/kube/mod.ts';
import { childNames, childrenOf, problemsOf, remainsOf, volumeClaims } from './harness/children.ts';
import { CrashRunner } from './harness/crash-runner.ts';
import { byDepth, seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { ensureExchange, EXCHANGE, operatorPods, scaleOperator } from './harness/install.ts';
import {
  connect,
  deleteNamespace,
  ensureNamespace,
  intent,
  podUids,
  waitClusterReady,
  waitReady,
} from './harness/kube.ts';
import { controlPlaneNode, restartApiServer } from './harness/nodes.ts';
import type { KillPoint } from './harness/probe/crash-protocol.ts';
import { integerIn, seededRandom, type Random } from './harness/random.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { memberPods } from './harness/topology.ts';
import { UidWatch } from './harness/uid-watch.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Show 5: crash safety';
const NAMESPACE = 'e2e-crash';
const SHAPE = smallShape(NAMESPACE, 'crash', 2);
const KEY = { namespace: NAMESPACE, name: SHAPE.name };
const TOPIC_KEY = { namespace: NAMESPACE, name: 'crash-topic' };
const ROUNDS = byDepth({ quick: 1, full: 2 });
/** Kills of one round: 10 in quick depth, 40 in the two rounds of full depth. */
const KILLS = byDepth({
  quick: { create: 5, edit: 3, delete: 2 },
  full: { create: 9, edit: 7, delete: 4 },
});

let kube: KubeApi;
let controlPlane: string;

beforeAll(async () => {
  kube = connect();
  controlPlane = await controlPlaneNode(kube);
}, 60_000);

describe('Show 5: crash safety', () => {
  describe('the operator is killed while it works', () => {
    const random = seededRandom(seed);
    let runner: CrashRunner;

    beforeAll(async () => {
      report(SHOW, 'seed of the kill points (GANTRY_SEED repeats them)', String(seed));
      await deleteNamespace(kube, NAMESPACE);
      await ensureNamespace(kube, NAMESPACE);
      await scaleOperator(kube, 0);
      runner = await CrashRunner.start(kube);
    }, 300_000);

    afterAll(async () => {
      await runner.stop(kube);
      await scaleOperator(kube, 1);
      await deleteNamespace(kube, NAMESPACE);
      const kills = runner.kills.map(({ at }) => at.replaceAll(/\?.*$/g, ''));
      report(SHOW, 'operator killed', `${String(kills.length)} times`);
      report(SHOW, 'at', [...new Set(kills)].join(', '));
    }, 300_000);

    for (let round = 1; round <= ROUNDS; round++) {
      it(`round ${String(round)}: create converges, and no pod is made twice`, async () => {
        const watch = new UidWatch(kube, NAMESPACE);
        await kube.create(
          RocketMQClusters,
          intent(RocketMQClusters, KEY, { spec: smallSpec(SHAPE.members) }),
        );
        await kube.create(
          Topics,
          intent(Topics, TOPIC_KEY, { spec: { clusterRef: { name: SHAPE.name }, queuesPerBroker: 2 } }),
        );
        const killed = await killRepeatedly(runner, random, KILLS.create, 20_000);
        await converged();
        await waitReady(kube, Topics, TOPIC_KEY, 60_000);
        watch.stop();
        expect(killed).toBe(KILLS.create);
        expect(watch.recreated()).toEqual([]);
      }, 900_000);

      it(`round ${String(round)}: an edit converges, and restarts only what it is about`, async () => {
        const before = await podUids(kube, NAMESPACE);
        const brokers = memberPods(SHAPE, GROUP);
        const { brokers: brokersSpec } = smallSpec(SHAPE.members);
        await kube.mergePatch(RocketMQClusters, KEY, {
          spec: {
            brokers: {
              ...brokersSpec,
              config: { ...brokersSpec.config, maxTransferCountOnMessageInMemory: String(40 + round) },
            },
          },
        });
        const killed = await killRepeatedly(runner, random, KILLS.edit, 20_000);
        await converged();
        const after = await podUids(kube, NAMESPACE);
        expect(killed).toBe(KILLS.edit);
        for (const [name, uid] of before) {
          expect({ name, same: after.get(name) === uid }).toEqual({ name, same: !brokers.includes(name) });
        }
      }, 900_000);

      it(`round ${String(round)}: delete leaves nothing but the volumes`, async () => {
        const claims = await volumeClaims(kube, NAMESPACE);
        await kube.delete(RocketMQClusters, KEY, { propagationPolicy: 'Background' });
        await kube.delete(Topics, TOPIC_KEY);
        for (let kill = 0; kill < KILLS.delete; kill++) {
          await runner.kill({ kind: 'Time', afterMs: integerIn(random, 0, 1_500) }, 5_000);
        }
        await waitFor({
          what: 'everything of the cluster to be gone',
          deadlineMs: 180_000,
          look: async () => {
            const [remains, cluster, topic] = await Promise.all([
              remainsOf(kube, SHAPE),
              kube.get(RocketMQClusters, KEY),
              kube.get(Topics, TOPIC_KEY),
            ]);
            return yes(
              remains.length === 0 && cluster === undefined && topic === undefined,
              `${remains.join(', ')}; cluster ${String(cluster !== undefined)}, topic ${String(topic !== undefined)}`,
            );
          },
          diagnose: () => diagnose(kube, NAMESPACE),
        });
        expect(await volumeClaims(kube, NAMESPACE)).toEqual(claims);
      }, 400_000);
    }

    it('never ended by itself', () => {
      expect(runner.deaths).toEqual([]);
    });
  });

  describe('owned objects are deleted', () => {
    beforeAll(async () => {
      await ensureExchange(kube);
    }, 600_000);

    it.each<[string, ResourceType]>([
      ['Service', Services],
      ['Secret', Secrets],
      ['PodDisruptionBudget', PodDisruptionBudgets],
      ['StatefulSet', StatefulSets],
      ['Deployment', Deployments],
    ])(
      'every %s comes back, and no pod is made anew',
      async (_name, type) => {
        const names = await childNames(kube, EXCHANGE);
        const uids = await podUids(kube, EXCHANGE.namespace);
        const children = await childrenOf(kube, type, EXCHANGE);
        expect(children.length).toBeGreaterThan(0);
        // Orphan: the pods of a workload outlive it, and must be taken over by its successor.
        await Promise.all(
          children.map(({ metadata: { name } }) =>
            kube.delete(type, { namespace: EXCHANGE.namespace, name }, { propagationPolicy: 'Orphan' }),
          ),
        );
        const gone = new Set(children.map((child) => child.metadata.uid));
        await waitFor({
          what: `the ${type.plural} to be back`,
          deadlineMs: 60_000,
          look: async () => {
            // In this order: what is listed when no old one is left is new.
            const left = (await childrenOf(kube, type, EXCHANGE)).filter((child) =>
              gone.has(child.metadata.uid),
            );
            const now = await childNames(kube, EXCHANGE);
            return yes(
              left.length === 0 && JSON.stringify(now) === JSON.stringify(names),
              `missing: ${without(names, now)}; not there before: ${without(now, names)}; ${String(left.length)} old ones left`,
            );
          },
          diagnose: () => diagnose(kube, EXCHANGE.namespace),
        });
        const cluster = await waitClusterReady(kube, EXCHANGE, 120_000);
        expect(await problemsOf(kube, EXCHANGE, cluster)).toEqual([]);
        expect(await podUids(kube, EXCHANGE.namespace)).toEqual(uids);
      },
      300_000,
    );
  });

  it('outlives a restart of the API server', async () => {
    const uids = await podUids(kube, EXCHANGE.namespace);
    const [operator] = await operatorPods(kube);
    const started = Date.now();
    await restartApiServer(kube, controlPlane);
    // A change after the restart proves that the watches are back.
    await kube.mergePatch(RocketMQClusters, EXCHANGE, {
      spec: { proxy: { replicas: EXCHANGE.proxies + 1 } },
    });
    await proxyReplicas(EXCHANGE.proxies + 1);
    report(SHOW, 'API server killed to an edit made and seen in force', seconds(Date.now() - started));
    await kube.mergePatch(RocketMQClusters, EXCHANGE, { spec: { proxy: { replicas: EXCHANGE.proxies } } });
    await proxyReplicas(EXCHANGE.proxies);
    await waitClusterReady(kube, EXCHANGE, 180_000);
    const after = await podUids(kube, EXCHANGE.namespace);
    const lasting = [...uids].filter(([name]) => !name.includes('-proxy-'));
    expect(lasting.map(([name]) => [name, after.get(name)])).toEqual(lasting);
    const [operatorAfter] = await operatorPods(kube);
    expect(operatorAfter?.metadata.uid).toBe(operator?.metadata.uid);
  }, 400_000);
});

function without(names: readonly string[], others: readonly string[]): string {
  return names.filter((name) => !others.includes(name)).join(', ');
}

/** Kills the operator a number of times, each at a seeded number of writes after the last. */
async function killRepeatedly(
  runner: CrashRunner,
  random: Random,
  times: number,
  eachWithinMs: number,
): Promise<number> {
  let killed = 0;
  for (let kill = 0; kill < times; kill++) {
    const point: KillPoint = {
      kind: 'Write',
      nth: integerIn(random, 1, 6),
      when: random() < 0.5 ? 'BeforeSent' : 'AfterDone',
    };
    // When it writes no more (it has converged, or it waits), the time decides.
    const done =
      (await runner.kill(point, eachWithinMs)) ||
      (await runner.kill({ kind: 'Time', afterMs: integerIn(random, 0, 1_000) }, eachWithinMs));
    if (done) killed++;
  }
  return killed;
}

async function converged(): Promise<void> {
  await waitFor({
    what: 'the cluster to be Ready with exactly its own children',
    deadlineMs: 300_000,
    look: async () => {
      const cluster = await waitClusterReady(kube, KEY, 240_000);
      const problems = await problemsOf(kube, SHAPE, cluster);
      return yes(problems.length === 0, problems.join(', '));
    },
    diagnose: () => diagnose(kube, NAMESPACE),
  });
}

async function proxyReplicas(wanted: number): Promise<void> {
  await waitFor({
    what: `the proxy to have ${String(wanted)} replicas`,
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => {
      const proxy = await kube.get(Deployments, {
        namespace: EXCHANGE.namespace,
        name: `${EXCHANGE.name}-proxy`,
      });
      const { replicas } = proxy?.spec ?? {};
      const ready = proxy?.status?.readyReplicas;
      return yes(
        replicas === wanted && ready === wanted,
        `${String(replicas)} wanted, ${String(ready)} ready`,
      );
    },
    diagnose: () => diagnose(kube, EXCHANGE.namespace),
  });
}
