import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeCluster } from '../../../test/fakes/mod.ts';
import { observeTopology } from '../objects/mod.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { observeReaders, readersOnAll, readersStatus, type Readers } from './readers.ts';

jest.setTimeout(60_000);

let cluster: FakeCluster;
const client = new RocketmqClient({ connectTimeoutMs: 500 });
afterEach(async () => cluster?.stop());

async function start(): Promise<void> {
  cluster = await FakeCluster.start({ cluster: 'c' });
  for (const master of cluster.masters())
    for (const groupName of ['g', 'h', 'CID_RMQ_SYS_x']) master.groups.set(groupName, { groupName });
}

const place = (brokerName: string, topic: string, group: string): void => {
  cluster.master(brokerName).store.offsets.set(`${topic}@${group}`, new Map([['0', 0]]));
};

const look = async (): Promise<Readers | undefined> => {
  const options = { timeoutMs: 500 };
  const { masters } = await observeTopology(viewOf(cluster), client, options);
  return readersOnAll(cluster.groupNames, await observeReaders(masters, client, options));
};

describe('observeReaders', () => {
  it('knows the groups of all masters, those that no object declares too', async () => {
    await start();
    place('broker-a', 't', 'h');
    place('broker-b', 't', 'g');
    place('broker-b', 't', 'h');
    place('broker-a', 'u', 'g');
    const readers = await look();
    expect(readersStatus('t', readers)).toEqual({ subscribedGroups: ['g', 'h'], subscribedGroupCount: 2 });
    expect(readersStatus('u', readers)).toEqual({ subscribedGroups: ['g'], subscribedGroupCount: 1 });
  });

  it('counts neither RocketMQ’s own groups nor what a deleted group left behind', async () => {
    await start();
    place('broker-a', 't', 'deleted');
    place('broker-a', 't', 'CID_RMQ_SYS_x');
    expect(readersStatus('t', await look())).toEqual({ subscribedGroups: [], subscribedGroupCount: 0 });
  });

  it('knows nothing of any topic while a master is silent', async () => {
    await start();
    place('broker-a', 't', 'g');
    cluster.master('broker-b').server.fault = 'Hang';
    expect(readersStatus('t', await look())).toEqual({});
  });

  it('asks each master twice, however many topics there are', async () => {
    await start();
    for (let index = 0; index < 50; index += 1) place('broker-a', `t${index}`, 'g');
    await look();
    const { server } = cluster.master('broker-a');
    expect([server.callCount(43), server.callCount(201), server.callCount(202)]).toEqual([1, 1, 0]);
  });
});

describe('readersStatus', () => {
  it('shows the first 64 and counts all', () => {
    const groups = Array.from({ length: 100 }, (_, index) => `g${index}`);
    const { subscribedGroups = [], subscribedGroupCount } = readersStatus(
      't',
      new Map([['t', new Set(groups)]]),
    );
    expect(subscribedGroups).toEqual(groups.toSorted().slice(0, 64));
    expect(subscribedGroupCount).toBe(100);
  });
});
