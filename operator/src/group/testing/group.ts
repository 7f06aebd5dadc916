import type { ConsumerGroup } from '../../api/mod.ts';

/** As the API server has it, with all defaults. */
export function group(name: string, spec: Partial<ConsumerGroup['spec']> = {}): ConsumerGroup {
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'ConsumerGroup',
    metadata: { namespace: 'n', name },
    spec: {
      clusterRef: { name: 'c' },
      ordered: false,
      broadcast: false,
      retry: { maxAttempts: 16 },
      adoptionPolicy: 'Adopt',
      deletionPolicy: 'Retain',
      ...spec,
    },
  };
}
