import { describe, expect, it } from '@jest/globals';
import type { HaStatus } from '../rocketmq/mod.ts';
import { ask, type Rocketmq, type Targets } from './observe.ts';

const targets: Targets = {
  nameServers: [],
  controllers: [],
  brokers: ['b0'],
  fixedMasters: [],
  groups: ['broker-a'],
  versions: false,
};
const call = { signal: new AbortController().signal, timeoutMs: 1_000 };

const serving = (broker: Partial<ReturnType<Rocketmq['broker']>>): Rocketmq => {
  const unexpected = (): never => {
    throw new Error('not expected to be asked');
  };
  return {
    nameServer: unexpected,
    controller: unexpected,
    broker: () => ({
      runtimeInfo: unexpected,
      config: async () => new Map([['traceOn', 'true']]),
      epochs: unexpected,
      haStatus: unexpected,
      updateConfig: unexpected,
      topicConfigs: unexpected,
      putTopics: unexpected,
      subscriptionGroups: unexpected,
      putSubscriptionGroups: unexpected,
      consumerOffsets: unexpected,
      commitOffset: unexpected,
      users: unexpected,
      createUser: unexpected,
      changeUser: unexpected,
      deleteUser: unexpected,
      ...broker,
    }),
  };
};

const haStatus = (maxOffset: number, acknowledged: number): HaStatus => ({
  role: 'master',
  masterCommitLogMaxOffset: maxOffset,
  inSyncSlaveNums: 1,
  connections: [
    {
      address: '10.0.0.2:40000',
      slaveAckOffset: acknowledged,
      diff: maxOffset - acknowledged,
      inSync: true,
      transferFromWhere: 0,
      transferredByteInSecond: 0,
    },
  ],
});

describe('ask', () => {
  const fixed = { ...targets, brokers: ['b0', 'b1'], fixedMasters: ['b0'] };

  it('asks fixed masters who replicates from them', async () => {
    const asked = await ask(serving({ haStatus: async () => haStatus(900, 880) }), fixed, call);
    expect([...asked.replications.keys()]).toEqual(['b0']);
    expect(asked.replications.get('b0')).toMatchObject({
      known: true,
      value: { maxOffset: 900, connections: [{ address: '10.0.0.2:40000', slaveAckOffset: 880 }] },
    });
  });

  it.each([
    ['an acknowledgement that passed the end of the log while it was read', 950],
    ['one that has what its master lacks', 900],
  ])('looks again at %s', async (_name, laterEnd) => {
    const answers = [haStatus(900, 920), haStatus(laterEnd, 1)];
    const asked = await ask(
      serving({ haStatus: async () => answers.shift() ?? haStatus(0, 0) }),
      fixed,
      call,
    );
    expect(asked.replications.get('b0')).toMatchObject({
      known: true,
      value: { maxOffset: laterEnd, connections: [{ slaveAckOffset: 920 }] },
    });
  });

  it('does not take a broker that is no master for one', async () => {
    const slave: HaStatus = {
      role: 'slave',
      masterAddress: '10.0.0.9:10912',
      masterFlushOffset: 0,
      maxOffset: 0,
      lastReadTimestamp: 0,
      lastWriteTimestamp: 0,
      transferredByteInSecond: 0,
    };
    const asked = await ask(serving({ haStatus: async () => slave }), fixed, call);
    expect(asked.replications.get('b0')).toEqual({
      known: false,
      why: 'it replicates from 10.0.0.9:10912, and should be a master',
    });
  });

  it('asks a broker for its runtime information only when its version is wanted', async () => {
    const costly = serving({ runtimeInfo: async () => new Map([['brokerVersionDesc', 'V5_5_0']]) });
    const cheap = serving({});
    expect((await ask(costly, { ...targets, versions: true }, call)).brokers.get('b0')).toEqual({
      known: true,
      value: { version: 'V5_5_0' },
    });
    expect((await ask(cheap, targets, call)).brokers.get('b0')).toEqual({
      known: true,
      value: { version: undefined },
    });
  });

  it('tells a broker that does not answer from one that is silent about its version', async () => {
    const broken = serving({ config: () => Promise.reject(new Error('no answer within 1000 ms')) });
    expect((await ask(broken, targets, call)).brokers.get('b0')).toEqual({
      known: false,
      why: 'no answer within 1000 ms',
    });
  });
});
