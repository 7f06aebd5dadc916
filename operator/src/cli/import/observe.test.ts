import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster } from '../../../../test/fakes/mod.ts';
import { ConsumerGroups, RocketMQClusters, Topics } from '../../api/mod.ts';
import { clusterOf } from '../../cluster/testing/specs.ts';
import { FakeApi } from '../../kube/testing/fake-api.ts';
import type { RocketmqServers } from '../../objects/mod.ts';
import { RocketmqClient } from '../../rocketmq/mod.ts';
import { topic } from '../../topic/testing/topic.ts';
import { observeCluster } from './observe.ts';

const where = { namespace: 'prod', name: 'exchange', domain: 'cluster.local' };
const options = { timeoutMs: 1_000 };

let kube: FakeApi;
let fake: FakeCluster;
let client: RocketmqClient;
/** Name servers and controllers have names that resolve in a cluster only. */
let servers: RocketmqServers;

beforeEach(async () => {
  kube = new FakeApi();
  await kube.create(RocketMQClusters, clusterOf());
  const access = { innerCredentials: { accessKey: 'gantry-inner-1', secretKey: 'inner' }, enforced: false };
  fake = await FakeCluster.start({ cluster: 'exchange', groups: ['broker-a', 'broker-b'], access });
  client = new RocketmqClient({ mayWrite: () => false });
  servers = {
    nameServer: () => client.nameServer(fake.nameServerAddresses[0] ?? ''),
    controller: () => client.controller(fake.controllerAddresses[0] ?? ''),
    broker: (address) => client.broker(address),
  };
});

afterEach(async () => {
  await client.close();
  await fake.stop();
});

describe('what an import looks at', () => {
  it('is what every master holds, and what is declared of it', async () => {
    fake.master('broker-b').topics.add({ topicName: 'mine' });
    fake.master('broker-b').topics.add({ topicName: 'nobodys' });
    const clusterRef = { name: 'exchange' };
    await kube.create(Topics, topic('of-another-cluster', {}, { namespace: 'prod' }));
    await kube.create(Topics, topic('object', { clusterRef, topicName: 'mine' }, { namespace: 'prod' }));
    const far = { clusterRef: { ...clusterRef, namespace: 'prod' } };
    await kube.create(Topics, topic('far', far, { namespace: 'other' }));
    const ready = {
      type: 'Ready',
      status: 'False',
      reason: 'NotAllowed',
      message: '',
      lastTransitionTime: '',
    };
    const stranger = { ...topic('stranger', far, { namespace: 'other' }), status: { conditions: [ready] } };
    await kube.create(Topics, stranger);
    const living = await observeCluster(kube, servers, where, options);
    expect(living.target.view.groups).toEqual(['broker-a', 'broker-b']);
    expect(living.topics.held.get('broker-a')?.has('nobodys')).toBe(false);
    expect(living.topics.held.get('broker-b')?.get('nobodys')).toMatchObject({ topicName: 'nobodys' });
    expect(living.topics.declared).toEqual(new Set(['mine', 'far']));
    expect(living.topics.taken).toEqual(new Set(['of-another-cluster', 'object']));
    expect(living.groups.declared.size).toBe(kube.stored(ConsumerGroups).length);
  });

  it('is what every member has of users, of a cluster with access control', async () => {
    const broker = fake.master('broker-a');
    const account = { username: 'order', password: 'p', userType: 'Normal', userStatus: 'enable' } as const;
    broker.store.users.set('order', account);
    const at = async (enabled: boolean) => {
      const single = new FakeApi();
      await single.create(RocketMQClusters, clusterOf({ security: { acl: { enabled } } }));
      // Members have names that resolve in a cluster only.
      const everywhere = { ...servers, broker: () => client.broker(broker.address) };
      return observeCluster(single, everywhere, where, options);
    };
    const { users } = await at(true);
    expect([...users.held.keys()]).toHaveLength(6);
    expect([...users.held.values()].map((table) => [...table.keys()])).toEqual(
      Array.from({ length: 6 }, () => ['order']),
    );
    expect((await at(false)).users.held.size).toBe(0);
  });

  it('is nothing at all while a master does not answer', async () => {
    fake.master('broker-b').server.fault = 'Hang';
    await expect(observeCluster(kube, servers, where, options)).rejects.toThrow(
      /^the topics of broker-b could not be read from 127\.0\.0\.1:/,
    );
  });

  it('is nothing at all while a master is unknown', async () => {
    for (const { server } of fake.nameServers) server.fault = 'Hang';
    await expect(observeCluster(kube, servers, where, options)).rejects.toThrow(/^no name server answers/);
  });

  it('is of a cluster that there is', async () => {
    const other = { ...where, name: 'exchagne' };
    await expect(observeCluster(kube, servers, other, options)).rejects.toThrow(
      'there is no RocketMQCluster exchagne in prod',
    );
  });
});
