import { parseConsumerGroup, type GroupScaling } from '../../api/mod.ts';

/** As the API server fills it in. */
export function scalingSpec(scaling: object): GroupScaling {
  const parsed = parseConsumerGroup({
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'ConsumerGroup',
    metadata: { namespace: 'n', name: 'g' },
    spec: { clusterRef: { name: 'c' }, scaling: { scaleTargetRef: { name: 'order' }, ...scaling } },
  });
  if (!parsed.ok) throw new RangeError(JSON.stringify(parsed.problems));
  if (parsed.value.spec.scaling === undefined) throw new RangeError('it has no scaling');
  return parsed.value.spec.scaling;
}
