import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityOf } from '../addresses.ts';
import { brokerInputs, controllerInputs, nameServerInputs, proxyInputs } from '../inputs.ts';
import { clusterOf } from '../testing/specs.ts';
import { brokerConfig, checkBrokerConfig } from './broker-config.ts';
import { brokerKeys } from './broker-keys.ts';
import { configProblems } from './check.ts';
import { controllerConfig } from './controller-config.ts';
import { controllerKeys } from './controller-keys.ts';
import { checkNameServerConfig, nameServerConfig } from './name-server-config.ts';
import { nameServerKeys } from './name-server-keys.ts';
import { checkConfig, isSameValue } from './key-table.ts';
import { liveBrokerKeys } from './live-keys.ts';
import { parseProperties, renderProperties } from './properties.ts';
import { checkProxyConfig, proxyConfig } from './proxy-config.ts';
import { proxyKeys } from './proxy-keys.ts';

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
    // Another spelling than the controllers', and so another connection than that of questions that go through Raft.
    expect(file.get('controllerAddr')?.split(';')[2]).toBe(
      'exchange-controller-2.exchange-controller.prod.svc.cluster.local.:9878',
    );
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

  it('exports metrics only when asked to, and leaves them to the user otherwise', () => {
    const config = { metricsExporterType: 'OTLP_GRPC' };
    expect(broker().has('metricsExporterType')).toBe(false);
    expect(broker({ brokers: { groups: [group], config } }).get('metricsExporterType')).toBe('OTLP_GRPC');
    expect(checkBrokerConfig('5.5.0', config)).toEqual([]);
    const file = broker({ monitoring: { brokerMetrics: 'Enabled' } });
    expect(file.get('metricsExporterType')).toBe('PROM');
    expect(file.get('metricsPromExporterPort')).toBe('5557');
    expect(file.get('metricsPromExporterHost')).toBe('0.0.0.0');
    expect(checkBrokerConfig('5.5.0', config, { exporting: true })).toMatchObject([
      { reason: 'OwnedKey', message: expect.stringContaining('spec.monitoring.brokerMetrics') },
    ]);
  });

  it('takes the user’s settings over our defaults', () => {
    const config = { registerNameServerPeriod: '20000', fileReservedTime: '48' };
    const file = broker({ brokers: { groups: [group], config } });
    expect(file.get('registerNameServerPeriod')).toBe('20000');
    expect(file.get('fileReservedTime')).toBe('48');
    expect(file.get('haMaxTimeSlaveNotCatchup')).toBe('5000');
  });
});

describe('the file of a broker with a fixed role', () => {
  const fixed = { groups: [group], failover: 'Static' } as const;
  const member = (of: number, over: object = {}): ReadonlyMap<string, string> =>
    broker({ brokers: { ...fixed, ...over } }, of);

  it('makes the first member the master, which refuses before it stores', () => {
    const file = Object.fromEntries(member(0));
    expect(file).toMatchObject({
      brokerId: '0',
      brokerRole: 'SYNC_MASTER',
      enableSlaveActingMaster: 'true',
      skipPreOnline: 'true',
      compatibleWithOldNameSrv: 'false',
      inSyncReplicas: '2',
      minInSyncReplicas: '2',
      enableAutoInSyncReplicas: 'false',
      totalReplicas: '3',
      haHousekeepingInterval: '10000',
      // A Service with an address of its own, and no pod's name.
      brokerIP2: 'exchange-broker-a-0.prod.svc.cluster.local',
    });
  });

  it('makes the others replicas of it, which never act as masters', () => {
    const file = member(2);
    expect(file.get('brokerId')).toBe('2');
    expect(file.get('brokerRole')).toBe('SLAVE');
    expect(file.has('haMasterAddress')).toBe(false);
    expect(file.has('enableSlaveActingMaster')).toBe(false);
  });

  it.each([0, 1])('knows nothing of controllers (member %d)', (of) => {
    const keys = [...member(of).keys()].filter((key) => /controller|SyncStateSet/i.test(key));
    expect(keys).toEqual([]);
  });

  it('waits for nobody when asked not to', () => {
    const file = member(0, { replication: 'Async' });
    expect(file.get('brokerRole')).toBe('ASYNC_MASTER');
    expect(file.get('inSyncReplicas')).toBe('1');
    expect(file.has('enableSlaveActingMaster')).toBe(false);
  });

  it('waits for as many as are asked for, and of two members for both', () => {
    expect(member(0, { minInSyncReplicas: 3 }).get('inSyncReplicas')).toBe('3');
    expect(member(0, { replicas: 2 }).get('inSyncReplicas')).toBe('2');
    expect(member(0, { replicas: 1 }).get('inSyncReplicas')).toBe('1');
  });

  it('takes settings from the user, but not how a master comes online', () => {
    expect(member(0, { config: { haHousekeepingInterval: '7000' } }).get('haHousekeepingInterval')).toBe(
      '7000',
    );
    const config = { skipPreOnline: 'false' };
    expect(checkBrokerConfig('5.5.0', config, { failover: 'Static' })).toMatchObject([
      { reason: 'OwnedKey' },
    ]);
    expect(checkBrokerConfig('5.5.0', config)).toEqual([]);
  });
});

describe('the files of the others', () => {
  it('give each controller its own Raft id and all the same peers', () => {
    const { spec } = clusterOf();
    const inputs = controllerInputs(spec, { replicas: 3, storage: { size: '1Gi' }, config: {} });
    const [first, second] = [0, 1].map((ordinal) => properties(controllerConfig(id, inputs, ordinal)));
    expect(second?.get('jRaftServerId')).toBe(
      'exchange-controller-1.exchange-controller.prod.svc.cluster.local:9879',
    );
    expect(first?.get('jRaftInitConf')).toBe(second?.get('jRaftInitConf'));
    expect(first?.get('jRaftInitConf')?.split(',')[1]).toBe(second?.get('jRaftServerId'));
    expect(first?.get('jRaftControllerRPCAddr')?.split(',')[0]).toMatch(/:9878$/);
    expect(first?.get('enableElectUncleanMaster')).toBe('false');
  });

  it('have controllers stand for election one after the other, unless the user says when', () => {
    const { spec } = clusterOf();
    const timeouts = (config: Readonly<Record<string, string>>) => {
      const inputs = controllerInputs(spec, { replicas: 3, storage: { size: '1Gi' }, config });
      return [0, 1, 2].map((ordinal) =>
        properties(controllerConfig(id, inputs, ordinal)).get('jRaftElectionTimeoutMs'),
      );
    };
    expect(timeouts({})).toEqual(['3000', '4000', '5000']);
    expect(timeouts({ jRaftElectionTimeoutMs: '1000' })).toEqual(['1000', '1000', '1000']);
  });

  it('are the same for every name server', () => {
    const file = properties(nameServerConfig(nameServerInputs(clusterOf().spec)));
    expect(file.get('listenPort')).toBe('9876');
  });

  it('give the proxies typed JSON and the limits of the brokers', () => {
    const { spec } = clusterOf({
      proxy: {
        config: { enableBatchAck: 'true', grpcThreadPoolNums: '8', defaultInvisibleTimeMills: '9000' },
      },
      limits: { maxMessageBytes: 65_536, maxDelaySeconds: 3600 },
    });
    expect(JSON.parse(proxyConfig(id, proxyInputs(spec)))).toMatchObject({
      proxyMode: 'CLUSTER',
      rocketMQClusterName: 'exchange',
      enableBatchAck: true,
      grpcThreadPoolNums: 8,
      defaultInvisibleTimeMills: 9000,
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
    // RocketMQ goes on with what it had: the field is an int.
    ['mappedFileSizeCommitLog', '4294967296', 'InvalidValue', /at most 2147483647, not "4294967296"/],
    ['transactionTimeOut', '9223372036854775808', 'InvalidValue', /whole number/],
    ['slaveReadEnable', 'yes', 'InvalidValue', /true or false/],
  ])('judges %s=%s', (key, value, reason, message) => {
    const [problem] = checkBrokerConfig('5.5.0', { [key]: value });
    expect(problem?.reason).toBe(reason);
    expect(problem?.field).toBe(`spec.brokers.config.${key}`);
    expect(problem?.message).toMatch(message);
  });

  it('accepts large numbers where there is room for them', () => {
    expect(
      checkBrokerConfig('5.5.0', { transactionTimeOut: '4294967296', fileReservedTime: '2147483647' }),
    ).toEqual([]);
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

describe('the tables', () => {
  it('have defaults that they would accept themselves', () => {
    for (const keys of [brokerKeys, controllerKeys, nameServerKeys, proxyKeys]) {
      expect(keys.size).toBeGreaterThan(50);
      const usual = [...keys].flatMap(([key, each]) => (each.usual === undefined ? [] : [[key, each.usual]]));
      expect(checkConfig(Object.fromEntries(usual), { path: 'config', keys, owned: new Map() })).toEqual([]);
    }
    expect(brokerKeys.get('messageDelayLevel')?.usual).toMatch(/^1s 5s .* 2h$/);
    expect(brokerKeys.get('sendMessageThreadPoolNums')).toEqual({ kind: 'integer' });
  });
});

describe('what a version knows', () => {
  it('is judged by that version', () => {
    expect(checkBrokerConfig('5.5.0', { popReviveSkipIfGroupAbsent: 'true' })).toEqual([]);
    expect(checkBrokerConfig('5.4.0', { popReviveSkipIfGroupAbsent: 'true' })[0]?.reason).toBe('UnknownKey');
    expect(checkBrokerConfig('5.4.0', { fileReservedTime: '48' })).toEqual([]);
    expect(checkProxyConfig('5.5.0', { maxLiteTopicSize: '64' })).toEqual([]);
    expect(checkProxyConfig('5.4.0', { maxLiteTopicSize: '64' })[0]?.reason).toBe('UnknownKey');
    expect(checkProxyConfig('5.4.0', { grpcThreadPoolNums: '8' })).toEqual([]);
  });
});

describe('live settings', () => {
  it('can all be said, with their default among others', () => {
    expect(liveBrokerKeys.get('transactionTimeOut')).toBe('6000');
    expect(liveBrokerKeys.size).toBe(7);
    expect(checkBrokerConfig('5.5.0', Object.fromEntries(liveBrokerKeys))).toEqual([]);
    expect(checkBrokerConfig('5.4.0', Object.fromEntries(liveBrokerKeys))).toEqual([]);
  });

  it('are none that the operator says itself: those would be pushed at an upgrade of it', () => {
    expect([...broker().keys()].filter((key) => liveBrokerKeys.has(key))).toEqual([]);
  });
});

describe('isSameValue', () => {
  it.each([
    ['fileReservedTime', '072', '72', true],
    ['fileReservedTime', '72', '73', false],
    ['slaveReadEnable', 'true', 'false', false],
    ['deleteWhen', '04;16 ', '04;16', true],
    ['deleteWhen', '04', '4', false],
    ['timerRocksDBRollMaxTps', '8000', '8000.0', true],
  ])('of %s, %s and %s: %s', (key, a, b, same) => {
    expect(isSameValue(brokerKeys.get(key), a, b)).toBe(same);
  });
});

/** reference: §13 of the source design, each of its settings and where it is said. */
describe('the settings of the source design', () => {
  /** Accepted in `config`: there is nothing to say about it. */
  const inConfig = /^$/;
  it.each<[string, string, RegExp]>([
    ['brokerClusterName', 'DefaultCluster', /names of the cluster/],
    ['deleteWhen', '04', inConfig],
    ['fileReservedTime', '48', inConfig],
    ['brokerRole', 'SYNC_MASTER', /spec\.brokers\.failover/],
    ['flushDiskType', 'SYNC_FLUSH', /spec\.brokers\.flush/],
    ['sendMessageThreadPoolNums', '16', inConfig],
    ['pullMessageThreadPoolNums', '32', inConfig],
    ['queryMessageThreadPoolNums', '8', inConfig],
    ['mappedFileSizeCommitLog', '1073741824', inConfig],
    ['mapedFileSizeCommitLog', '1073741824', /did you mean mappedFileSizeCommitLog/],
    ['mappedFileSizeConsumeQueue', '30000000', inConfig],
    ['mapedFileSizeConsumeQueue', '30000000', /did you mean mappedFileSizeConsumeQueue/],
    ['maxMessageSize', '65536', /spec\.limits\.maxMessageBytes/],
    ['listenPort', '10911', /addresses and ports/],
    ['transferMsgByHeap', 'true', inConfig],
  ])('of a broker: %s=%s', (key, value, instead) => {
    expect(
      checkBrokerConfig('5.5.0', { [key]: value })
        .map(({ message }) => message)
        .join(),
    ).toMatch(instead);
  });

  it.each<[string, string, RegExp]>([
    ['listenPort', '9876', /always 9876/],
    ['serverWorkerThreads', '8', inConfig],
    ['serverCallbackExecutorThreads', '0', inConfig],
    ['serverSelectorThreads', '4', inConfig],
    ['serverOnewaySemaphoreValue', '256', inConfig],
    ['serverSemaphoreValue', '64', /did you mean serverAsyncSemaphoreValue/],
    ['serverAsyncSemaphoreValue', '64', inConfig],
  ])('of a name server: %s=%s', (key, value, instead) => {
    expect(
      checkNameServerConfig({ [key]: value })
        .map(({ message }) => message)
        .join(),
    ).toMatch(instead);
  });

  it('are in the files where a field of the spec says them', () => {
    const file = broker({ limits: { maxMessageBytes: 65_536 } });
    expect(file.get('brokerClusterName')).toBe('exchange');
    expect(file.get('flushDiskType')).toBe('SYNC_FLUSH');
    expect(file.get('maxMessageSize')).toBe('65536');
    expect(file.get('listenPort')).toBe('10911');
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
        expect(parseProperties(text)).toEqual(new Map([['key', value]]));
      }),
    );
  });

  it('writes what is not ASCII as java.util.Properties reads it', () => {
    expect(renderProperties(new Map([['metricsLabel', 'région:😀\\u0041']]))).toBe(
      'metricsLabel=r\\u00e9gion:\\ud83d\\ude00\\\\u0041\n',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = text.replaceAll(/[\r\n]/g, '');
        expect(parseProperties(renderProperties(new Map([['key', value]]))).get('key')).toBe(value);
      }),
    );
  });
});
