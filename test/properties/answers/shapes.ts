/** The shapes of results that may be believed: what they say of themselves does not contradict itself. */
import * as z from 'zod';

export const int = z.int();
export const count = z.int().min(0);
export const text = z.string();
export const strings = z.record(text, text);
export const nothing = z.undefined();
export const refusals = z.map(text, z.instanceof(Error));
export const dataVersion = z.strictObject({ counter: int, stateVersion: int, timestamp: int });
export const queueKey = { brokerName: text, topic: z.literal('ORDERS'), queueId: count };

export const topicConfig = z.strictObject({
  topicName: text,
  readQueueNums: count,
  writeQueueNums: count,
  perm: count,
  order: z.boolean(),
  attributes: strings,
  topicFilterType: z.enum(['SINGLE_TAG', 'MULTI_TAG']),
  topicSysFlag: int,
});

export const retryPolicy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('EXPONENTIAL'), initialMs: int, maxMs: int, multiplier: int }),
  z.strictObject({ type: z.literal('CUSTOMIZED'), delaysMs: z.array(int) }),
]);

export const groupConfig = z.strictObject({
  groupName: text,
  consumeEnable: z.boolean(),
  consumeFromMinEnable: z.boolean(),
  consumeBroadcastEnable: z.boolean(),
  consumeMessageOrderly: z.boolean(),
  retryQueueNums: int,
  retryMaxTimes: int,
  groupRetryPolicy: retryPolicy,
  brokerId: int,
  whichBrokerWhenConsumeSlowly: int,
  notifyConsumerIdsChangedEnable: z.boolean(),
  groupSysFlag: int,
  consumeTimeoutMinute: int,
  attributes: strings,
  extra: z.record(text, z.unknown()).optional(),
});

/** What a table says under a name is about that name. */
export function tableOf<T extends z.ZodType>(item: T, nameOf: (value: z.output<T>) => string) {
  return z
    .map(text, item)
    .refine(
      (table) => [...table].every(([name, value]) => nameOf(value) === name),
      'an item of another name',
    );
}

export const brokerGroup = z.strictObject({ brokerName: text, cluster: text, addresses: z.map(int, text) });
export const queueRoute = z.strictObject({
  brokerName: text,
  readQueueNums: count,
  writeQueueNums: count,
  perm: count,
  topicSysFlag: int,
});
export const once = (queues: readonly { readonly brokerName: string; readonly queueId: number }[]): boolean =>
  new Set(queues.map(({ brokerName, queueId }) => `${brokerName} ${queueId}`)).size === queues.length;
export const replica = z.strictObject({ brokerId: int, address: text, alive: z.boolean() });
export const properties = z.map(text, text);
export const accessUser = z.strictObject({
  username: text,
  password: text,
  type: z.enum(['Super', 'Normal']),
  enabled: z.boolean(),
});
export const accessPolicy = z.strictObject({
  policyType: z.enum(['Custom', 'Default']),
  resource: text,
  actions: z.array(text),
  sourceIps: z.array(text),
  decision: z.enum(['Allow', 'Deny']),
});
export const elected = z.strictObject({
  changed: z.boolean(),
  masterBrokerId: int,
  masterAddress: text,
  masterEpoch: count,
  syncStateSetEpoch: count,
});
