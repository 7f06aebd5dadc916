import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeCluster, FakeProxy } from '../../../test/fakes/mod.ts';
import { observeTopology } from '../objects/mod.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { observeClients, observeMembers } from './members.ts';

jest.setTimeout(60_000);

let cluster: FakeCluster;
let proxy: FakeProxy;
const client = new RocketmqClient({ connectTimeoutMs: 500 });
afterEach(async () => Promise.all([cluster.stop(), proxy.server.close()]));

async function start(): Promise<void> {
  cluster = await FakeCluster.start({ cluster: 'c' });
  proxy = new FakeProxy();
  await proxy.server.listen();
}

const ask = async (observe: typeof observeClients | typeof observeMembers, groups: readonly string[]) => {
  const options = { timeoutMs: 500 };
  const { masters } = await observeTopology(viewOf(cluster), client, options);
  return observe(masters, proxy.address, groups, client, options);
};
const membersOf = async (...groups: readonly string[]) => ask(observeMembers, groups);

describe('observeMembers', () => {
  it('tells who is connected to brokers, who to proxies, and whether they read a broadcast', async () => {
    await start();
    cluster.master('broker-a').clients.set('g', 'one');
    proxy.clients.set('g', 'two');
    proxy.clients.broadcasting.add('h');
    proxy.clients.set('h', 'three');
    expect(await ask(observeClients, ['g', 'h'])).toEqual(
      new Map([
        ['g', { ofBrokers: new Set(['one']), ofProxies: new Set(['two']), broadcast: false }],
        ['h', { ofBrokers: new Set(), ofProxies: new Set(['three']), broadcast: true }],
      ]),
    );
  });

  it('counts a client once that is connected to several servers', async () => {
    await start();
    cluster.master('broker-a').clients.set('g', 'one', 'two');
    cluster.master('broker-b').clients.set('g', 'two');
    proxy.clients.set('g', 'three');
    expect(await membersOf('g', 'h')).toEqual(
      new Map([
        ['g', 3],
        ['h', 0],
      ]),
    );
  });

  it.each([
    ['proxy', () => proxy.server],
    ['master', () => cluster.master('broker-b').server],
  ])('knows of nobody while a %s is silent', async (_who, serverOf) => {
    await start();
    cluster.master('broker-a').clients.set('g', 'one');
    serverOf().fault = 'Hang';
    expect(await membersOf('g')).toEqual(new Map());
  });
});
