import type { Deployment, Pod, Scale, StatefulSet } from '../../kube/mod.ts';

export function scale(replicas: number): Scale {
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { namespace: 'n', name: 'order', resourceVersion: '1' },
    spec: { replicas },
    status: { replicas, selector: 'app=order' },
  };
}

export function pod(name: string, ready: boolean, change: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'n',
      name,
      labels: { app: 'order', 'pod-template-hash': 'new' },
      creationTimestamp: '2026-11-29T08:00:00Z',
      ...change,
    },
    status: {
      phase: 'Running',
      podIP: `10.0.0.${name.length}`,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

export function deployment(replicas: number, status: Deployment['status'] = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'n', name: 'order', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'order' } },
      template: {},
    },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, ...status },
  };
}

export function statefulSet(
  replicas: number,
  updateStrategy: NonNullable<StatefulSet['spec']>['updateStrategy'] = {},
): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'n', name: 'order', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'order' } },
      template: {},
      updateStrategy,
    },
    status: { observedGeneration: 1, replicas, updateRevision: 'new' },
  };
}
