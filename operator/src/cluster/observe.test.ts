import { describe, expect, it } from '@jest/globals';
import { ask, type Rocketmq, type Targets } from './observe.ts';

const targets: Targets = {
  nameServers: [],
  controllers: [],
  brokers: ['b0'],
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
      ...broker,
    }),
  };
};

describe('ask', () => {
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
