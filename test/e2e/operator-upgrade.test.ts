/** The operator of an earlier commit gives its clusters over to the one of this commit, and no pod notices. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Pods, type KubeApi, type Pod } from '../../operator/src/kube/mod.ts';
import { fingerprint } from '../ground/fingerprint.ts';
import { imageNames } from '../ground/versions.ts';
import type { AuditEntry } from './harness/audit-log.ts';
import { auditOf, deletions } from './harness/audit.ts';
import { byDepth } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE, installOperator, leadingPod, OPERATOR_USER } from './harness/install.ts';
import {
  connect,
  deleteNamespace,
  ensureNamespace,
  intent,
  isReady,
  listAll,
  waitClusterReady,
} from './harness/kube.ts';
import { controlPlaneNode } from './harness/nodes.ts';
import { previousOperator } from './harness/previous.ts';
import { report, seconds } from './harness/report.ts';
import { smallShape, smallSpec } from './harness/small.ts';
import type { Shape } from './harness/topology.ts';
import { UidWatch } from './harness/uid-watch.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'An operator replaced';
const SHAPES: readonly Shape[] = [1, 2, 2].map((members, index) =>
  smallShape(`e2e-replaced-${String(index)}`, 'replaced', members),
);
const NAMESPACES = SHAPES.map(({ namespace }) => namespace);
/** Longer than a resync of the chart's 120 s in full depth. */
const WATCHED_MS = byDepth({ quick: 30_000, full: 150_000 });
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What a restart of whatever kind would change: by pod its uid, and how often each container was started again. */
type Lives = Readonly<Record<string, string>>;

let kube: KubeApi;
let controlPlane: string;
let formerPod: Pod;
let before: Lives;
let watches: readonly UidWatch[] = [];

async function lives(): Promise<Lives> {
  const lists = await Promise.all(NAMESPACES.map((namespace) => listAll(kube, Pods, namespace)));
  return Object.fromEntries(lists.flat().map((pod) => [nameOf(pod), lifeOf(pod)]));
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function lifeOf({ metadata, status }: Pod): string {
  const restarts = status?.containerStatuses?.map(({ restartCount }) => String(restartCount)) ?? ['unknown'];
  return `${metadata.uid ?? ''} restarts ${restarts.join(' ')}`;
}

function isOurs({ namespace }: AuditEntry): boolean {
  return NAMESPACES.includes(namespace);
}

/**
 * Waits until a pod of the operator has applied the StatefulSets of every cluster: a new process knows nothing of what
 * was applied before it, so it applies each of them once.
 */
function reconciledAll({ metadata }: Pod, from: number): Promise<true> {
  return waitFor({
    what: `${metadata.name} to have reconciled every cluster`,
    deadlineMs: 120_000,
    everyMs: 5_000,
    look: async () => {
      const entries = await auditOf(controlPlane, OPERATOR_USER, from, Date.now());
      const own = entries.filter(
        ({ pod, verb, resource }) => pod === metadata.name && verb === 'patch' && resource === 'statefulsets',
      );
      const missing = NAMESPACES.filter((name) => !own.some(({ namespace }) => namespace === name));
      return yes(missing.length === 0, `nothing applied in ${missing.join(', ')}`);
    },
    diagnose: async () => (await Promise.all(NAMESPACES.map((name) => diagnose(kube, name)))).join('\n'),
  });
}

beforeAll(async () => {
  kube = connect();
  const previous = previousOperator(process.env);
  controlPlane = await controlPlaneNode(kube);
  // The machine has room for one of both; and the earlier operator is to have no clusters but those of this file.
  for (const namespace of [EXCHANGE.namespace, ...NAMESPACES]) await deleteNamespace(kube, namespace);
  const [former, own] = await Promise.all(
    [previous.source, REPOSITORY].map((folder) => fingerprint(join(folder, 'operator/src'))),
  );
  const program = former === own ? 'of the very same source' : 'of another source';
  report(SHOW, 'earlier operator', `commit ${previous.commit}, ${program}`);
  await installOperator(kube, previous);
  formerPod = await leadingPod(kube);
  for (const shape of SHAPES) {
    await ensureNamespace(kube, shape.namespace);
    const spec = smallSpec(shape.members);
    await kube.create(RocketMQClusters, intent(RocketMQClusters, shape, { spec }));
  }
  await Promise.all(SHAPES.map((shape) => waitClusterReady(kube, shape, 400_000)));
  before = await lives();
  watches = NAMESPACES.map((namespace) => new UidWatch(kube, namespace));
}, 1_200_000);

afterAll(async () => {
  for (const watch of watches) watch.stop();
  // Whatever happened, the next file is about the operator of this commit.
  await installOperator(kube);
  await Promise.all(NAMESPACES.map((namespace) => deleteNamespace(kube, namespace)));
}, 600_000);

describe('an operator replaced by the one of this commit', () => {
  it('ran from the earlier commit before', () => {
    expect(formerPod.spec?.containers[0]?.image).toBe(imageNames.previousOperator);
    const members = SHAPES.reduce((sum, shape) => sum + shape.members, 0);
    // With each a name server, a controller and a proxy.
    expect(Object.keys(before)).toHaveLength(members + 3 * SHAPES.length);
  });

  it('restarts no pod of any cluster', async () => {
    const from = Date.now();
    await installOperator(kube);
    const pod = await leadingPod(kube);
    report(SHOW, 'helm upgrade to the new one leading', seconds(Date.now() - from));
    expect(pod.spec?.containers[0]?.image).toBe(imageNames.operator);
    await reconciledAll(pod, from);
    report(SHOW, 'helm upgrade to every cluster reconciled', seconds(Date.now() - from));
    await sleep(WATCHED_MS);
    expect(await lives()).toEqual(before);
    expect(watches.flatMap((watch) => watch.recreated())).toEqual([]);
    const deleted = await deletions(controlPlane, from, Date.now());
    expect(deleted.filter(isOurs)).toEqual([]);
    report(SHOW, 'pods before and after, of them made anew', `${String(Object.keys(before).length)}, 0`);
  }, 600_000);

  it('leaves every cluster Ready, and says what rides along with the next restart', async () => {
    for (const shape of SHAPES) {
      const cluster = await waitClusterReady(kube, shape, 60_000);
      expect(isReady(cluster)).toBe(true);
      const pending = cluster.status?.pendingRestart ?? [];
      report(SHOW, `${shape.namespace}: pods that would be made otherwise now`, String(pending.length));
    }
  }, 200_000);

  it('takes a live setting over, and restarts no pod for that either', async () => {
    const from = Date.now();
    await Promise.all(
      SHAPES.map(async (shape) => {
        const config = { fileReservedTime: '49' };
        await kube.mergePatch(RocketMQClusters, shape, { spec: { brokers: { config } } });
        await waitClusterReady(kube, shape, 120_000);
      }),
    );
    expect(await lives()).toEqual(before);
    const deleted = await deletions(controlPlane, from, Date.now());
    const pods = deleted.filter((entry) => isOurs(entry) && entry.resource.startsWith('pods'));
    expect(pods).toEqual([]);
  }, 200_000);
});
