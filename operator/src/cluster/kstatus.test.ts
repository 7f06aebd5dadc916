import { describe, expect, it } from '@jest/globals';
import type { RocketMQCluster } from '../api/mod.ts';
import type { Obstacle } from './obstacles.ts';
import { conditionDrafts, withConditions, type Findings } from './status.ts';
import { clusterOf } from './testing/specs.ts';

type Kstatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/**
 * What kubectl wait, Flux and Argo CD make of a custom resource: the generic rules of kstatus (cli-utils,
 * checkGenericProperties and checkReadyCondition), in their order. Reconciling outranks Stalled.
 */
function kstatus({ metadata, status }: RocketMQCluster): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) {
    return 'InProgress';
  }
  const statusOf = (type: string): string | undefined =>
    status?.conditions?.find((condition) => condition.type === type)?.status;
  if (statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  const ready = statusOf('Ready');
  return ready === 'False' || ready === 'Unknown' ? 'InProgress' : 'Current';
}

const none: Findings = { obstacles: [], diagnoses: [], problems: [], troubles: [], warnings: [] };
const obstacle = (reason: Obstacle['reason'], unknown?: true): Findings => ({
  ...none,
  obstacles: [{ reason, message: 'so', ...(unknown === undefined ? {} : { unknown }) }],
});
const starting = obstacle('PodsNotReady');
const rolling = obstacle('RollingOut');

describe('kstatus', () => {
  it.each<[string, Findings, Kstatus]>([
    ['creating', starting, 'InProgress'],
    ['ready', none, 'Current'],
    ['ready, with a warning', { ...none, warnings: [{ reason: 'NoSpareMember', message: 'so' }] }, 'Current'],
    ['rolling', rolling, 'InProgress'],
    ['waiting for a maintenance window', obstacle('WaitingForWindow'), 'InProgress'],
    ['healing', obstacle('OutOfSync'), 'InProgress'],
    ['a fixed master that is away', obstacle('NoMaster'), 'InProgress'],
    ['too few in sync with a fixed master', obstacle('WritesRefused'), 'InProgress'],
    [
      'a master that has lost messages',
      { ...none, troubles: [{ reason: 'Diverged', message: 'so' }] },
      'Failed',
    ],
    ['unknown', obstacle('ControllersNotReady', true), 'InProgress'],
    ['paused with nothing to do', { ...none, warnings: [{ reason: 'Paused', message: 'so' }] }, 'Current'],
    ['paused in a rollout', { ...rolling, troubles: [{ reason: 'Paused', message: 'so' }] }, 'Failed'],
    ['fenced', { ...obstacle('Fenced'), troubles: [{ reason: 'Fenced', message: 'so' }] }, 'Failed'],
    ['a bad image', { ...rolling, diagnoses: [{ reason: 'ImageUnavailable', message: 'so' }] }, 'Failed'],
    ['a crash', { ...starting, diagnoses: [{ reason: 'ContainerCrash', message: 'so' }] }, 'Failed'],
    ['no node', { ...starting, diagnoses: [{ reason: 'Unschedulable', message: 'so' }] }, 'Failed'],
    ['no pod', { ...starting, troubles: [{ reason: 'PodNotMade', message: 'so' }] }, 'Failed'],
    [
      'a wrong setting',
      { ...none, problems: [{ reason: 'UnknownKey', field: 'spec.x', message: 'so' }] },
      'Failed',
    ],
    ['a refused spec', { ...none, troubles: [{ reason: 'InvalidSpec', message: 'so' }] }, 'Failed'],
  ])('%s', (_name, findings, expected) => {
    const cluster = clusterOf({}, { generation: 3 });
    const conditions = withConditions(cluster, conditionDrafts(findings), 0);
    const seen = (observedGeneration: number, metadata = cluster.metadata): Kstatus =>
      kstatus({ ...cluster, metadata, status: { observedGeneration, conditions } });
    expect(seen(3)).toBe(expected);
    // Edited, and not looked at yet.
    expect(seen(2)).toBe('InProgress');
    expect(seen(3, { ...cluster.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('Terminating');
    // Exactly one of the three holds.
    const held = conditions.filter(
      ({ type, status }) => ['Ready', 'Reconciling', 'Stalled'].includes(type) && status === 'True',
    );
    expect(held).toHaveLength(1);
  });
});
