import type { Topic, TopicSpec } from '../../api/mod.ts';

/** As the API server has it, with all defaults. */
export function topic(
  name: string,
  spec: Partial<TopicSpec> = {},
  metadata: Partial<Topic['metadata']> = {},
): Topic {
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'Topic',
    metadata: { namespace: 'n', name, ...metadata },
    spec: {
      clusterRef: { name: 'c' },
      type: 'Normal',
      queuesPerBroker: 8,
      permission: 'ReadWrite',
      attributes: {},
      adoptionPolicy: 'Adopt',
      deletionPolicy: 'Retain',
      deletionGuards: { onlyIfEmpty: false, onlyIfUnused: false },
      ...spec,
    },
  };
}
