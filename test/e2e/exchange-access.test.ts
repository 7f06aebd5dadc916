/** The exchange bundle with access control: the order service signs as a User with the least that it needs. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Users } from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { applyExchange, ensureExchange, EXCHANGE } from './harness/install.ts';
import { connect, deleteNamespace } from './harness/kube.ts';
import { appliedRows } from './harness/orders.ts';
import { Prober } from './harness/prober.ts';
import { waitFor, yes } from './harness/wait.ts';

let kube: KubeApi;
let prober: Prober;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One that runs without it may be there; the tests after this one expect that one.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

afterAll(async () => {
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

describe('the exchange with access control', () => {
  it('serves orders from end to end by a User of its own, also across a rotation', async () => {
    const setting = 'cluster.spec.security.acl.enabled=true';
    await applyExchange(setting);
    await ensureExchange(kube);
    expect(await placeOrders('before')).toEqual([]);
    await applyExchange(setting, 'order.rotation.id=first', 'order.rotation.overlapSeconds=120');
    const user = { namespace: EXCHANGE.namespace, name: 'order' };
    await waitFor({
      what: 'the old credentials of the order service to end',
      deadlineMs: 400_000,
      look: async () => {
        const { accessKeys = [] } = (await kube.get(Users, user))?.status ?? {};
        return yes(String(accessKeys) === 'order.b', accessKeys.join(', '));
      },
      diagnose: () => diagnose(kube, EXCHANGE.namespace),
    });
    expect(await placeOrders('after')).toEqual([]);
  }, 1_800_000);
});

/** @returns orders that the service did not take */
async function placeOrders(what: string): Promise<readonly string[]> {
  const refused: string[] = [];
  const load = {
    url: `http://order.${EXCHANGE.namespace}.svc:8080`,
    assetUrl: `http://asset.${EXCHANGE.namespace}.svc:8080`,
    users: ['1', '2'],
    ordersPerUser: 10,
    streamsPerUser: {},
    run: `access-${what}-${String(seed)}`,
    attemptTimeoutMs: 8_000,
    giveUpMs: 120_000,
  };
  await prober.load(load, (line) => {
    if (line.type === 'order' && line.ackedAt === undefined) refused.push(line.failure ?? line.clientOrderId);
  });
  const applied = async (): Promise<number> =>
    new Set((await appliedRows(EXCHANGE.namespace, load.run)).map(({ clientOrderId }) => clientOrderId)).size;
  await waitFor({
    what: 'every order to be applied by the consumer',
    deadlineMs: 120_000,
    look: async () => {
      const count = await applied();
      return yes(count === load.users.length * load.ordersPerUser, `${String(count)} are`);
    },
    diagnose: () => diagnose(kube, EXCHANGE.namespace),
  });
  return refused;
}
