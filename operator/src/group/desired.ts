import { clusterKeyIn, groupNameOf, parseConsumerGroup, type ConsumerGroup } from '../api/mod.ts';
import { unreadable, type Declaration } from '../objects/mod.ts';
import { defaultSubscriptionGroup, type GroupRetryPolicy } from '../rocketmq/mod.ts';

/** A consumer group as declared, in RocketMQ's words. */
export interface DesiredGroup {
  readonly groupName: string;
  /** What the proxy reads to serve a gRPC group in order. */
  readonly consumeMessageOrderly: boolean;
  readonly consumeBroadcastEnable: boolean;
  /** gRPC clients see it as the most deliveries of a message. */
  readonly retryMaxTimes: number;
  readonly groupRetryPolicy: GroupRetryPolicy;
}

/** Reads a ConsumerGroup, also one that was stored before a rule existed. */
export function declareGroup(group: ConsumerGroup): Declaration<DesiredGroup> {
  const parsed = parseConsumerGroup(group);
  if (!parsed.ok) return unreadable(group, parsed.problems);
  const { spec } = parsed.value;
  const groupName = groupNameOf(group);
  const desired: DesiredGroup = {
    groupName,
    consumeMessageOrderly: spec.ordered,
    consumeBroadcastEnable: spec.broadcast,
    retryMaxTimes: spec.retry.maxAttempts,
    groupRetryPolicy: retryPolicy(spec.retry),
  };
  const { adoptionPolicy: adoption } = spec;
  const clusterKey = clusterKeyIn(group);
  const deletion =
    spec.deletionPolicy === 'Delete'
      ? ({ kind: 'Delete', guards: [] } as const)
      : ({ kind: 'Retain' } as const);
  return { ok: true, clusterKey, name: groupName, adoption, deletion, desired };
}

function retryPolicy({ policy }: ConsumerGroup['spec']['retry']): GroupRetryPolicy {
  if (policy?.exponential !== undefined) return { type: 'EXPONENTIAL', ...policy.exponential };
  if (policy?.custom !== undefined) return { type: 'CUSTOMIZED', delaysMs: policy.custom.delaysMs };
  return defaultSubscriptionGroup('').groupRetryPolicy;
}
