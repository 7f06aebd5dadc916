/** The smallest cluster that is one: for tests that need many of them, or many starts. */
import type { RocketMQClusterInput } from '../../../operator/src/api/mod.ts';
import type { Shape } from './topology.ts';

/** Settings for tests, never defaults; charts/exchange/values-kind.yaml says why. */
export const SMALL_FILES: Readonly<Record<string, string>> = {
  mappedFileSizeCommitLog: '67108864',
  mappedFileSizeConsumeQueue: '600000',
  mappedFileSizeTimerLog: '8388608',
  maxHashSlotNum: '50000',
  maxIndexNum: '200000',
  diskMaxUsedSpaceRatio: '95',
  timerFlushIntervalMs: '60000',
  brokerHeartbeatInterval: '3000',
  controllerHeartBeatTimeoutMills: '15000',
};

export const GROUP = 'broker-a';

/** As in charts/exchange/values-kind.yaml. */
export const small = (cpu: string, request: string, limit: string) => ({
  requests: { cpu, memory: request },
  limits: { memory: limit },
});

/** One name server, one controller, one group, one proxy. */
export function smallSpec(members: number): RocketMQClusterInput {
  return {
    nameServers: { replicas: 1, resources: small('25m', '256Mi', '384Mi') },
    controllers: {
      replicas: 1,
      storage: { size: '1Gi' },
      resources: small('300m', '256Mi', '448Mi'),
    },
    brokers: {
      replicas: members,
      groups: [{ name: GROUP }],
      storage: { size: '1Gi' },
      resources: small('50m', '640Mi', '896Mi'),
      config: SMALL_FILES,
    },
    proxy: { replicas: 1, resources: small('50m', '320Mi', '512Mi') },
  };
}

export function smallShape(namespace: string, name: string, members: number): Shape {
  return { namespace, name, nameServers: 1, controllers: 1, groups: [GROUP], members, proxies: 1 };
}

/**
 * Without what is for a machine that runs several clusters: the times of the small files, and brokers that get a tenth of
 * the processor that they ask for by default, which starts them late beside busy neighbours. The operator's own hold.
 */
export function onItsOwn(spec: RocketMQClusterInput): RocketMQClusterInput {
  const {
    brokerHeartbeatInterval: _interval,
    controllerHeartBeatTimeoutMills: _timeout,
    ...config
  } = spec.brokers.config ?? {};
  const { cpu: _share, ...requests } = spec.brokers.resources?.requests ?? {};
  const resources = { ...spec.brokers.resources, requests };
  return { ...spec, brokers: { ...spec.brokers, config, resources } };
}
