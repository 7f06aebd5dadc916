import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityOf } from '../addresses.ts';
import { brokerInputs, controllerInputs, nameServerInputs, proxyInputs } from '../inputs.ts';
import { clusterOf } from '../testing/specs.ts';
import { brokerConfig, checkBrokerConfig } from './broker-config.ts';
import { configProblems } from './check.ts';
import { controllerConfig } from './controller-config.ts';
import { nameServerConfig } from './name-server-config.ts';
import { renderProperties } from './properties.ts';
import { proxyConfig } from './proxy-config.ts';

const id = identityOf(clusterOf());
const group = { name: 'broker-a' };

function properties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function broker(spec: Parameters<typeof clusterOf>[0] = {}, member = 1): ReadonlyMap<string, string> {
  return properties(brokerConfig(id, brokerInputs(clusterOf(spec).spec, group, member)));
}

describe('the file of a broker', () => {
  it('names itself by DNS, and everybody else by pod', () => {
    const file = broker();
    const host = 'exchange-broker-a-1-0.exchange-broker.prod.svc.cluster.local';
    expect(file.get('brokerClusterName')).toBe('exchange');
    expect(file.get('brokerName')).toBe('broker-a');
    expect(file.has('brokerIP1')).toBe(false); // transaction checks need the pod's IP
    expect(file.get('brokerIP2')).toBe(host);
    expect(file.get('namesrvAddr')?.split(';')[2]).toBe(
      'exchange-nameserver-2.exchange-nameserver.prod.svc.cluster.local:9876',
    );
    expect(file.get('controllerAddr')?.split(';')).toHaveLength(3);
    expect(file.has('brokerId')).toBe(false);
    expect(file.has('brokerRole')).toBe(false);
  });

  it('waits for disk and replicas by default', () => {
    const file = broker();
    expect(file.get('flushDiskType')).toBe('SYNC_FLUSH');
    expect(file.get('allAckInSyncStateSet')).toBe('true');
    expect(file.get('minInSyncReplicas')).toBe('2');
    expect(file.get('autoCreateTopicEnable')).toBe('false');
    expect(file.get('autoCreateSubscriptionGroup')).toBe('false');
  });

  it('does not wait when asked not to', () => {
    const file = broker({ brokers: { groups: [group], replication: 'Async', flush: 'Async' } });
    expect(file.get('flushDiskType')).toBe('ASYNC_FLUSH');
    expect(file.get('allAckInSyncStateSet')).toBe('false');
    expect(file.get('inSyncReplicas')).toBe('1');
  });

  it.each(['5.5.0', '5.4.0'] as const)('works round the bugs of %s', (version) => {
    expect(broker({ version }).get('transactionOpMsgMaxSize')).toBe('1');
    expect(broker({ version }).get('transactionOpBatchInterval')).toBe('2000000000');
  });

  it('takes the user’s settings over our defaults', () => {
    const config = { registerNameServerPeriod: '20000', fileReservedTime: '48' };
    const file = broker({ brokers: { groups: [group], config } });
    expect(file.get('registerNameServerPeriod')).toBe('20000');
    expect(file.get('fileReservedTime')).toBe('48');
    expect(file.get('haMaxTimeSlaveNotCatchup')).toBe('5000');
  });
});

describe('the files of the others', () => {
  it('give each controller its own Raft id and all the same peers', () => {
    const { spec } = clusterOf();
    const [first, second] = [0, 1].map((ordinal) =>
      properties(controllerConfig(id, controllerInputs(spec), ordinal)),
    );
    expect(second?.get('jRaftServerId')).toBe(
      'exchange-controller-1.exchange-controller.prod.svc.cluster.local:9879',
    );
    expect(first?.get('jRaftInitConf')).toBe(second?.get('jRaftInitConf'));
    expect(first?.get('jRaftInitConf')?.split(',')[1]).toBe(second?.get('jRaftServerId'));
    expect(first?.get('jRaftControllerRPCAddr')?.split(',')[0]).toMatch(/:9878$/);
    expect(first?.get('enableElectUncleanMaster')).toBe('false');
  });

  it('are the same for every name server', () => {
    const file = properties(nameServerConfig(nameServerInputs(clusterOf().spec)));
    expect(file.get('listenPort')).toBe('9876');
  });

  it('give the proxies typed JSON and the limits of the brokers', () => {
    const { spec } = clusterOf({
      proxy: { config: { enableBatchAck: 'true', grpcThreadPoolNums: '8' } },
      limits: { maxMessageBytes: 65_536, maxDelaySeconds: 3600 },
    });
    expect(JSON.parse(proxyConfig(id, proxyInputs(spec)))).toMatchObject({
      proxyMode: 'CLUSTER',
      rocketMQClusterName: 'exchange',
      enableBatchAck: true,
      grpcThreadPoolNums: 8,
      maxMessageSize: 65_536,
      maxDelayTimeMills: 3_600_000,
    });
  });
});

describe('checkBrokerConfig', () => {
  it.each([
    ['flushDiskTpye', 'SYNC_FLUSH', 'UnknownKey', /did you mean flushDiskType\?/],
    ['mapedFileSizeCommitLog', '1', 'UnknownKey', /did you mean mappedFileSizeCommitLog\?/],
    ['enableSkipLongWaitAck', 'true', 'UnknownKey', /did you mean enableSkipLongAwaitingAck\?/],
    ['qqqqqqqqqqqqqqqq', '1', 'UnknownKey', /remove it/],
    ['flushDiskType', 'ASYNC_FLUSH', 'OwnedKey', /spec\.brokers\.flush/],
    ['brokerRole', 'SLAVE', 'OwnedKey', /spec\.brokers\.failover/],
    ['autoCreateTopicEnable', 'true', 'OwnedKey', /declare a Topic/],
    ['transactionOpMsgMaxSize', '4096', 'OwnedKey', /spin for ever/],
    ['fileReservedTime', 'two days', 'InvalidValue', /whole number/],
    ['slaveReadEnable', 'yes', 'InvalidValue', /true or false/],
  ])('judges %s=%s', (key, value, reason, message) => {
    const [problem] = checkBrokerConfig('5.5.0', { [key]: value });
    expect(problem?.reason).toBe(reason);
    expect(problem?.field).toBe(`spec.brokers.config.${key}`);
    expect(problem?.message).toMatch(message);
  });

  it('accepts what RocketMQ knows', () => {
    const config = {
      fileReservedTime: '48',
      slaveReadEnable: 'true',
      deleteWhen: '00;12',
      warmMapedFileEnable: 'false',
    };
    expect(checkBrokerConfig('5.5.0', config)).toEqual([]);
  });
});

describe('configProblems', () => {
  it('names the part of the spec', () => {
    const { spec } = clusterOf({
      nameServers: { config: { listenPort: '1' } },
      controllers: { config: { jRaftInitConf: 'x' } },
      proxy: { config: { grpcServerPort: '1' }, resources: { limits: { memory: '64Mi' } } },
    });
    expect(configProblems(spec).map(({ field }) => field)).toEqual([
      'spec.nameServers.config.listenPort',
      'spec.controllers.config.jRaftInitConf',
      'spec.proxy.config.grpcServerPort',
      'spec.proxy.resources.limits.memory',
    ]);
  });
});

describe('renderProperties', () => {
  it('keeps every value through java.util.Properties', () => {
    const unescape = (value: string): string => value.replaceAll(/\\(.)/g, '$1');
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,30}$/), (value) => {
        const text = renderProperties(new Map([['key', value]]));
        expect(unescape(text.slice('key='.length, -1).replace(/^ +/, ''))).toBe(value);
      }),
    );
  });
});
