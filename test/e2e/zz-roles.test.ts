/**
 * After all other files: what they made the operator ask of the API server, against what its roles let it ask. A verb
 * that no request needed is found only when every file has run, in either depth: `npm test -- --only e2e test/e2e/`.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { PodDisruptionBudgets, type KubeApi } from '../../operator/src/kube/mod.ts';
import { auditOf } from './harness/audit.ts';
import { boundRoles } from './harness/bound-roles.ts';
import { childrenOf } from './harness/children.ts';
import { diagnose } from './harness/diagnose.ts';
import { OPERATOR, OPERATOR_USER, podsOfOthers } from './harness/install.ts';
import { connect, deleteNamespace, ensureNamespace, intent } from './harness/kube.ts';
import { allowNoPods } from './harness/no-pods.ts';
import { controlPlaneNode } from './harness/nodes.ts';
import { report } from './harness/report.ts';
import { compareRoles, type RolesVerdict } from './harness/roles.ts';
import { smallShape, smallSpec } from './harness/small.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'What the operator may do, and what it does';
const SHAPE = smallShape('e2e-roles', 'roles', 2);
const SUITE_IS_WHOLE = process.env['GANTRY_TEST_WHOLE'] === '1';

let kube: KubeApi;

beforeAll(() => {
  kube = connect();
});

/** What no other file has to do with. The objects are enough for it: no pod is made. */
describe('the budget of the proxies', () => {
  const { proxy, ...spec } = smallSpec(SHAPE.members);

  beforeAll(async () => {
    await deleteNamespace(kube, SHAPE.namespace);
    await ensureNamespace(kube, SHAPE.namespace);
    await allowNoPods(kube, SHAPE.namespace);
    const two = { ...spec, proxy: { ...proxy, replicas: 2 } };
    await kube.create(RocketMQClusters, intent(RocketMQClusters, SHAPE, { spec: two }));
  }, 300_000);

  afterAll(async () => {
    await deleteNamespace(kube, SHAPE.namespace);
  }, 300_000);

  async function budgets(): Promise<readonly string[]> {
    const found = await childrenOf(kube, PodDisruptionBudgets, SHAPE);
    return found.map(({ metadata }) => metadata.name).toSorted();
  }

  const untilBudgets = (count: number): Promise<true> =>
    waitFor({
      what: `${String(count)} budgets`,
      deadlineMs: 60_000,
      look: async () => {
        const names = await budgets();
        return yes(names.length === count, names.join(', '));
      },
      diagnose: () => diagnose(kube, SHAPE.namespace),
    });

  it('goes when there is one proxy, and the others stay', async () => {
    const ofBrokers = ['roles-broker-master', 'roles-broker-replica-broker-a'];
    await untilBudgets(3);
    expect(await budgets()).toEqual([...ofBrokers, 'roles-proxy']);
    await kube.mergePatch(RocketMQClusters, SHAPE, { spec: { proxy: { replicas: 1 } } });
    await untilBudgets(2);
    expect(await budgets()).toEqual(ofBrokers);
  }, 150_000);
});

describe('the roles of the operator', () => {
  let verdict: RolesVerdict;

  beforeAll(async () => {
    const since = Number(process.env['GANTRY_E2E_STARTED']);
    const others = await podsOfOthers(kube);
    const entries = (await auditOf(await controlPlaneNode(kube), OPERATOR_USER, since, Date.now())).filter(
      ({ pod }) => !others.some((prefix) => pod.startsWith(prefix)),
    );
    verdict = compareRoles(await boundRoles(kube, OPERATOR), entries);
    for (const [resource, verbs] of verdict.counts) report(SHOW, resource, verbs);
    if (!SUITE_IS_WHOLE) report(SHOW, 'not needed by this part of the suite', verdict.unused.join('; '));
  }, 180_000);

  it('are held against a log that is there', () => {
    expect(verdict.counts.get('rocketmqclusters/status of rocketmq.gantry.dev')).toContain('patch');
  });

  it('have no wildcard', () => {
    expect(verdict.wildcards).toEqual([]);
  });

  it('refused nothing that it asked for', () => {
    expect(verdict.refused).toEqual([]);
  });

  if (SUITE_IS_WHOLE) {
    it('grant no verb that no request needed', () => {
      expect(verdict.unused).toEqual([]);
    });
  }
});
