import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RocketMQCluster, RocketMQClusterInput, User } from '../api/mod.ts';
import { findCondition, NetworkPolicies, Pods, Secrets, StatefulSets } from '../kube/mod.ts';
import { accessStage, type AccessStage } from './config/access-settings.ts';
import { credentialsSecretName, readCredentials } from './resources/credentials-secret.ts';
import { readRevision } from './revision.ts';
import { revisionAnnotation } from './labels.ts';
import { passes, uids } from './testing/passes.ts';
import { clusterOf } from './testing/specs.ts';
import { World } from './testing/world.ts';

/** Small, since each of these goes through whole rollouts. */
const spec = (): RocketMQClusterInput => ({
  nameServers: { replicas: 1 },
  controllers: { replicas: 1 },
  brokers: { groups: [{ name: 'broker-a' }], replicas: 2 },
});
jest.setTimeout(30_000);

const withAcl = (enabled: boolean, generation: number): RocketMQCluster =>
  clusterOf({ ...spec(), security: { acl: { enabled } } }, { generation });

let world: World;

beforeEach(() => {
  world = new World();
});

/** Of every broker pod, by its name. */
function stages(): Readonly<Record<string, AccessStage>> {
  const secrets = new Map(world.api.stored(Secrets).map((secret) => [secret.metadata.name, secret]));
  const brokers = world.api.stored(Pods).filter(({ metadata }) => metadata.name.includes('broker-a'));
  return Object.fromEntries(
    brokers.map(({ metadata: { name, annotations } }) => {
      const workload = name.slice(0, -2);
      const secret = secrets.get(`${workload}-config-${annotations?.[revisionAnnotation] ?? ''}`);
      return [name, accessStage((secret && readRevision(workload, secret)?.files) ?? {})];
    }),
  );
}

function credentials() {
  const name = credentialsSecretName({ name: 'exchange' });
  return readCredentials(world.api.stored(Secrets).find(({ metadata }) => metadata.name === name));
}

async function until(cluster: RocketMQCluster, holds: () => boolean): Promise<void> {
  for (let pass = 0; pass < 200; pass += 1) {
    await world.reconcile(cluster);
    if (holds()) return;
    await world.settle();
    world.nowMs += 10_000;
  }
  throw new Error(`it did not come: ${JSON.stringify(stages())}`);
}

const areAll = (stage: AccessStage) => (): boolean => {
  const all = Object.values(stages());
  return all.length === 2 && all.every((each) => each === stage);
};

describe('a new cluster with access control', () => {
  it('starts nothing before its credentials are stored, and checks requests from the start', async () => {
    await world.reconcile(withAcl(true, 1));
    expect(world.api.stored(StatefulSets)).toEqual([]);
    const own = credentials();
    expect(own?.secretKey).toMatch(/^[-_\w]{43}$/);
    await until(withAcl(true, 1), areAll('Checks'));
    expect(credentials()).toEqual(own);
  });

  it('touches no Secret of somebody else', async () => {
    const name = credentialsSecretName({ name: 'exchange' });
    const data = { accessKey: 'bWluZQ==', secretKey: 'bWluZQ==' };
    const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'prod' }, data };
    await world.api.create(Secrets, foreign);
    const pass = await world.reconcile(withAcl(true, 1));
    expect(pass).toMatchObject({ ready: false, reason: 'ApiConflict' });
    expect(pass.message).toContain(`Secret ${name} exists and belongs to nobody`);
    expect(world.api.stored(Secrets).find(({ metadata }) => metadata.name === name)?.data).toEqual(data);
  });
});

describe('inner credentials that somebody deleted', () => {
  it.each([true, false])('are stored again, the same, with access control %s', async (enabled) => {
    await until(withAcl(true, 1), areAll('Checks'));
    if (!enabled) await until(withAcl(false, 2), areAll('Signs'));
    const own = credentials();
    const before = uids(world);
    await world.api.delete(Secrets, { namespace: 'prod', name: credentialsSecretName({ name: 'exchange' }) });
    await passes(world, withAcl(enabled, enabled ? 1 : 2), 10);
    expect(credentials()).toEqual(own);
    expect(uids(world)).toEqual(before);
  });
});

describe('a cluster that runs', () => {
  it('is not touched while nobody asks for access control', async () => {
    await passes(world, clusterOf(spec()), 20);
    expect(credentials()).toBeUndefined();
    const before = uids(world);
    await passes(world, withAcl(false, 2), 20);
    expect(uids(world)).toEqual(before);
  });

  it('signs everywhere before anybody checks', async () => {
    world.users = [userOf('app', 'True')];
    await passes(world, clusterOf(spec()), 20);
    const seen = new Set<string>();
    await until(withAcl(true, 2), () => {
      for (const stage of Object.values(stages())) seen.add(stage);
      const all = Object.values(stages());
      expect(all.includes('None') && all.includes('Checks')).toBe(false);
      return areAll('Checks')();
    });
    expect([...seen]).toEqual(['None', 'Signs', 'Checks']);
  });

  it('waits for its users, serves meanwhile, and says so', async () => {
    world.users = [
      userOf('app', 'False'),
      userOf('of-another', 'False', 'other'),
      userOf('of-a-namesake', 'False', 'exchange', 'elsewhere'),
    ];
    await passes(world, clusterOf(spec()), 20);
    await until(withAcl(true, 2), areAll('Signs'));
    await until(withAcl(true, 2), () => true);
    let pass = await world.reconcile(withAcl(true, 2));
    for (let more = 0; more < 20; more += 1) {
      await world.settle();
      world.nowMs += 10_000;
      pass = await world.reconcile(withAcl(true, 2));
    }
    expect(areAll('Signs')()).toBe(true);
    expect(pass).toMatchObject({ ready: false, reason: 'WaitingForUsers', held: {} });
    expect(pass.message).toMatch(/on every broker: app \(BrokerUnreachable\)$/);
    world.users = [userOf('app', 'True')];
    await until(withAcl(true, 2), areAll('Checks'));
  });

  it('waits for a first User: without one everybody would be refused', async () => {
    await passes(world, clusterOf(spec()), 20);
    await until(withAcl(true, 2), areAll('Signs'));
    const pass = await passes(world, withAcl(true, 2), 10);
    expect(areAll('Signs')()).toBe(true);
    expect(pass.message).toMatch(/no User is declared$/);
  });

  it('goes on to sign when it is switched off', async () => {
    await until(withAcl(true, 1), areAll('Checks'));
    const own = credentials();
    await until(withAcl(false, 2), areAll('Signs'));
    expect(credentials()).toEqual(own);
  });
});

describe('network policies', () => {
  it('come and go with their mode, and a cluster without them is told what access control is worth', async () => {
    const withPolicies = (mode: 'Enabled' | 'Disabled', generation: number): RocketMQCluster =>
      clusterOf({ ...spec(), security: { acl: { enabled: true }, networkPolicy: { mode } } }, { generation });
    const warning = async (cluster: RocketMQCluster): Promise<string | undefined> =>
      findCondition((await passes(world, cluster, 10)).status.conditions, 'Warnings')?.reason;
    expect(await warning(withPolicies('Disabled', 1))).toBe('NoNetworkPolicy');
    const before = uids(world);
    expect(await warning(withPolicies('Enabled', 2))).toBe('NoWarnings');
    expect(world.api.stored(NetworkPolicies)).toHaveLength(3);
    await warning(withPolicies('Disabled', 3));
    expect(world.api.stored(NetworkPolicies)).toEqual([]);
    expect(uids(world)).toEqual(before);
  });
});

function userOf(name: string, ready: 'True' | 'False', cluster = 'exchange', namespace = 'prod'): User {
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'User',
    metadata: { name, namespace, generation: 1 },
    spec: {
      clusterRef: { name: cluster },
      type: 'Normal',
      credentials: 'Generated',
      deletionPolicy: 'Delete',
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: ready,
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: ready === 'True' ? 'Reconciled' : 'BrokerUnreachable',
          message: '',
        },
      ],
    },
  };
}
