import { describe, expect, it } from '@jest/globals';
import type { ConditionReason, ConsumerGroup } from '../api/mod.ts';
import { scalingOf } from './eligible.ts';
import { scalingSpec } from './testing/spec.ts';

const scaling = scalingSpec({ maxReplicas: 8 });

function group(spec: Partial<ConsumerGroup['spec']>, reason?: ConditionReason): ConsumerGroup {
  const condition = {
    type: 'Ready',
    status: 'Unknown',
    reason: reason ?? '',
    message: 'why',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  } as const;
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'ConsumerGroup',
    metadata: { namespace: 'n', name: 'orders', generation: 1 },
    spec: {
      clusterRef: { name: 'exchange' },
      ordered: false,
      broadcast: false,
      retry: { maxAttempts: 16 },
      adoptionPolicy: 'Adopt',
      deletionPolicy: 'Retain',
      ...spec,
    },
    ...(reason === undefined ? {} : { status: { conditions: [condition] } }),
  };
}

describe('scalingOf', () => {
  it.each([
    ['that says nothing of scaling', group({}), 'No'],
    ['that is followed', group({ scaling }, 'Reconciled'), 'Yes'],
    ['that nobody has looked at yet', group({ scaling }), 'Yes'],
    [
      'of another namespace that nobody has looked at yet',
      group({ scaling, clusterRef: { name: 'exchange', namespace: 'messaging' } }),
      'Held',
    ],
    ['whose name another one has', group({ scaling }, 'Conflict'), 'Held'],
    ['that the cluster does not take', group({ scaling }, 'NotAllowed'), 'Held'],
    ['that cannot be read', group({ scaling: { ...scaling, maxReplicas: -1 } }), 'Held'],
  ])('of a group %s is %s', (_which, object, kind) => {
    expect(scalingOf(object).kind).toBe(kind);
  });

  it('names the target of a group that is held: its consumers go on', () => {
    expect(scalingOf(group({ scaling }, 'NotAllowed'))).toMatchObject({ scaling });
  });
});
