/** For how long a master may go without a word of the controllers: decision 13. Pure. */
import type { RocketMQClusterSpec } from '../../api/mod.ts';
import { askMs, noticeMs, questionsInLease } from '../../guard/mod.ts';
import { brokerDefaults } from './broker-config.ts';
import type { ConfigProblem } from './key-table.ts';
import { electedDefaults } from './replication.ts';

type Settings = Readonly<Record<string, string>>;

/** As they are where the user says nothing: ours, and RocketMQ's. */
const usual: Settings = { brokerHeartbeatInterval: '1000', ...electedDefaults, ...brokerDefaults };

const leastMs = questionsInLease * askMs;

/**
 * A master may be deposed once the controllers have not heard of it for its time-out; its last heartbeat may be older than
 * their last word by one interval, and what it let in before it was closed is acknowledged for as long as it waits for
 * replicas.
 *
 * @param config of the brokers, by the user
 */
export function leaseMs(config: Settings): number {
  const of = (key: string): number => Number(config[key] ?? usual[key]);
  return (
    of('controllerHeartBeatTimeoutMills') - of('brokerHeartbeatInterval') - of('slaveTimeout') - noticeMs
  );
}

/** Whether a master needs one: where nobody is elected, or nobody waits for replicas, there is nothing to keep. */
export function hasLease(brokers: {
  readonly elected: boolean;
  readonly replication: RocketMQClusterSpec['brokers']['replication'];
  readonly replicas: number;
}): boolean {
  return brokers.elected && brokers.replication === 'Sync' && brokers.replicas > 1;
}

export function leaseProblems({ brokers }: Pick<RocketMQClusterSpec, 'brokers'>): readonly ConfigProblem[] {
  const { config, failover, replication, replicas } = brokers;
  const lease = leaseMs(config);
  // Not a number: another check tells so.
  if (!hasLease({ elected: failover === 'Controller', replication, replicas }) || !(lease < leastMs))
    return [];
  const least = Number(config['controllerHeartBeatTimeoutMills'] ?? usual['controllerHeartBeatTimeoutMills']);
  return [
    {
      reason: 'InvalidValue',
      field: 'spec.brokers.config.controllerHeartBeatTimeoutMills',
      message:
        `has to be at least ${least + leastMs - lease} with this brokerHeartbeatInterval and this slaveTimeout: a master ` +
        'that is cut off has to take no sends any more before the controllers elect another one',
    },
  ];
}
