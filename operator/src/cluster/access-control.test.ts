import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RocketMQCluster, RocketMQClusterInput, User } from '../api/mod.ts';
import { findCondition, NetworkPolicies, Pods, Secrets, StatefulSets } from '../kube/mod.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import { accessStage, credentialsIn, type AccessStage } from './config/access-settings.ts';
import { credentialsSecretName, nextSecretName, readCredentials } from './resources/credentials-secret.ts';
import { readRevision } from './revision.ts';
import { revisionAnnotation, rotateBeforeAnnotation } from './labels.ts';
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

const stages = (): Readonly<Record<string, AccessStage>> =>
  Object.fromEntries(Object.entries(files()).map(([name, own]) => [name, accessStage(own)]));

/** Of every broker pod, by its name. */
function files(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const secrets = new Map(world.api.stored(Secrets).map((secret) => [secret.metadata.name, secret]));
  const brokers = world.api.stored(Pods).filter(({ metadata }) => metadata.name.includes('broker-a'));
  return Object.fromEntries(
    brokers.map(({ metadata: { name, annotations } }) => {
      const workload = name.slice(0, -2);
      const secret = secrets.get(`${workload}-config-${annotations?.[revisionAnnotation] ?? ''}`);
      return [name, (secret && readRevision(workload, secret)?.files) ?? {}];
    }),
  );
}

const credentials = () => storedPair(credentialsSecretName({ name: 'exchange' }));

function storedPair(name: string): Credentials | undefined {
  return readCredentials(world.api.stored(Secrets).find(({ metadata }) => metadata.name === name));
}

/** What each broker pod signs by, by its name. */
const pairs = (): Readonly<Record<string, Credentials | undefined>> =>
  Object.fromEntries(Object.entries(files()).map(([name, own]) => [name, credentialsIn(own)]));

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

  it('says that Kubernetes takes no Secret with them, which a person has to mend', async () => {
    world.forbidden = 'secrets';
    const pass = await world.reconcile(withAcl(true, 1));
    expect(findCondition(pass.status.conditions, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Forbidden',
      message: 'Kubernetes forbids it: exceeded quota',
    });
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

describe('inner credentials that are to be rotated', () => {
  const next = () => storedPair(nextSecretName({ name: 'exchange' }));

  /** As it checks requests, from its first start on. */
  async function running(): Promise<Credentials | undefined> {
    await until(withAcl(true, 1), areAll('Checks'));
    await passes(world, withAcl(true, 1), 10);
    return credentials();
  }

  const asked = (): RocketMQCluster => {
    const { metadata, ...cluster } = withAcl(true, 1);
    const annotations = { [rotateBeforeAnnotation]: '2026-01-02T00:00:00Z' };
    return { ...cluster, metadata: { ...metadata, annotations } };
  };
  const usersOn = (pod: string): readonly string[] => [...world.rocketmq.metadataOf(pod).users.keys()];
  const brokers = ['exchange-broker-a-0-0', 'exchange-broker-a-1-0'];
  const isOver = (old: Credentials | undefined) => (): boolean =>
    next() === undefined && credentials()?.accessKey !== old?.accessKey;

  it('are told to every broker before anybody signs by them, and the old ones end last', async () => {
    const old = await running();
    const before = uids(world);
    await until(asked(), () => {
      for (const pair of Object.values(pairs()))
        for (const pod of brokers) expect(usersOn(pod)).toContain(pair?.accessKey);
      return isOver(old)();
    });
    const now = credentials();
    expect(now?.secretKey).toMatch(/^[-_\w]{43}$/);
    expect(Object.values(pairs())).toEqual([now, now]);
    for (const pod of brokers) expect(usersOn(pod)).toEqual([now?.accessKey]);
    const restarted = [...uids(world)].filter(([name, uid]) => before.get(name) !== uid);
    expect(restarted.map(([name]) => name).toSorted()).toEqual(brokers);
    expect(world.events.filter((event) => event.startsWith('Rotation'))).toEqual([
      'RotationStarted there are new inner credentials, and brokers and proxies restart for them',
      'RotationFinished the former inner credentials have ended on every broker',
    ]);
    // Once.
    await passes(world, asked(), 20);
    expect(credentials()).toEqual(now);
    expect(await passes(world, asked(), 1)).toMatchObject({ ready: true });
  });

  it('wait for a broker that is down', async () => {
    const old = await running();
    world.broken.add('exchange-broker-a-1-0');
    await passes(world, asked(), 20);
    expect(next()).toBeDefined();
    expect(credentials()).toEqual(old);
    world.broken.clear();
    await until(asked(), isOver(old));
  });

  it('come to their end when the operator was killed between the two Secrets', async () => {
    const old = await running();
    await until(asked(), () => next() !== undefined);
    world.forbidden = 'secrets';
    await until(asked(), () => credentials() === undefined);
    world.forbidden = undefined;
    await until(asked(), isOver(old));
    for (const pod of brokers) expect(usersOn(pod)).toEqual([credentials()?.accessKey]);
  });

  it('are told to a broker that lost its volume on the way', async () => {
    const old = await running();
    await until(asked(), () => new Set(Object.values(pairs()).map((pair) => pair?.accessKey)).size === 2);
    const name = 'exchange-broker-a-0-0';
    world.rocketmq.metadataOf(name).users.clear();
    await world.api.delete(Pods, { namespace: 'prod', name });
    await until(asked(), isOver(old));
    for (const pod of brokers) expect(usersOn(pod)).toEqual([credentials()?.accessKey]);
  });

  it('change nothing while nobody asks', async () => {
    const old = await running();
    await passes(world, withAcl(true, 1), 20);
    expect(credentials()).toEqual(old);
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
