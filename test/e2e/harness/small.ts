/** The smallest cluster that is one: for tests that need many of them, or many starts. */
import type { RocketMQClusterInput } from '../../../operator/src/api/mod.ts';
import type { Shape } from './topology.ts';

/** Files and pools of a size for tests: they fill a disk and a heap more slowly (never defaults). */
const SMALL_FILES: Readonly<Record<string, string>> = {
  mappedFileSizeCommitLog: '67108864',
  mappedFileSizeConsumeQueue: '600000',
  mappedFileSizeTimerLog: '8388608',
  maxHashSlotNum: '50000',
  maxIndexNum: '200000',
  diskMaxUsedSpaceRatio: '95',
};

export const GROUP = 'broker-a';

/** One name server, one controller, one group, one proxy. */
export function smallSpec(members: number): RocketMQClusterInput {
  return {
    nameServers: { replicas: 1 },
    controllers: { replicas: 1, storage: { size: '1Gi' } },
    brokers: {
      replicas: members,
      groups: [{ name: GROUP }],
      storage: { size: '1Gi' },
      config: SMALL_FILES,
    },
    proxy: { replicas: 1 },
  };
}

export function smallShape(namespace: string, name: string, members: number): Shape {
  return { namespace, name, nameServers: 1, controllers: 1, groups: [GROUP], members, proxies: 1 };
}
