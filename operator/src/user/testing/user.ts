import type { User } from '../../api/mod.ts';

/** As the API server has it, with all defaults. */
export function user(name: string, spec: Partial<User['spec']> = {}): User {
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'User',
    metadata: { namespace: 'n', name },
    spec: {
      clusterRef: { name: 'c' },
      type: 'Normal',
      credentials: 'Generated',
      deletionPolicy: 'Delete',
      ...spec,
    },
  };
}
