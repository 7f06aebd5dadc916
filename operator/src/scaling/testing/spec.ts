import { parseConsumerGroup, type ConsumerGroup, type GroupScaling } from '../../api/mod.ts';

/** As the API server fills it in. */
export function groupOf(spec: object): ConsumerGroup {
  const parsed = parseConsumerGroup({
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'ConsumerGroup',
    metadata: { namespace: 'n', name: 'g' },
    spec: { clusterRef: { name: 'c' }, ...spec },
  });
  if (!parsed.ok) throw new RangeError(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** As the API server fills it in. */
export function scalingSpec(scaling: object): GroupScaling {
  const { spec } = groupOf({ scaling: { scaleTargetRef: { name: 'order' }, ...scaling } });
  if (spec.scaling === undefined) throw new RangeError('it has no scaling');
  return spec.scaling;
}
