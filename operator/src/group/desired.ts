import { consumerGroupSpec, groupNameOf, type ConsumerGroup } from '../api/mod.ts';
import type { Declaration } from '../objects/mod.ts';
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
  const parsed = consumerGroupSpec.safeParse(group.spec);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`);
    const clusterName = readClusterName(group);
    return { ok: false, message: problems.join('; '), ...(clusterName === undefined ? {} : { clusterName }) };
  }
  const spec = parsed.data;
  const groupName = groupNameOf(group);
  const desired: DesiredGroup = {
    groupName,
    consumeMessageOrderly: spec.ordered,
    consumeBroadcastEnable: spec.broadcast,
    retryMaxTimes: spec.retry.maxAttempts,
    groupRetryPolicy: retryPolicy(spec.retry),
  };
  return { ok: true, clusterName: spec.clusterRef.name, name: groupName, desired };
}

/** Wider than the stored type: zod writes `undefined` where the server leaves a field out. */
interface Retry {
  readonly policy?:
    | {
        readonly exponential?: Omit<Extract<GroupRetryPolicy, { type: 'EXPONENTIAL' }>, 'type'> | undefined;
        readonly custom?: { readonly delaysMs: readonly number[] } | undefined;
      }
    | undefined;
}

function retryPolicy({ policy }: Retry): GroupRetryPolicy {
  if (policy?.exponential !== undefined) return { type: 'EXPONENTIAL', ...policy.exponential };
  if (policy?.custom !== undefined) return { type: 'CUSTOMIZED', delaysMs: policy.custom.delaysMs };
  return defaultSubscriptionGroup('').groupRetryPolicy;
}

/** Only to file a broken object under its cluster. */
function readClusterName(group: {
  readonly spec?: { readonly clusterRef?: { readonly name?: unknown } };
}): string | undefined {
  const name = group.spec?.clusterRef?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
