import type { BrokerAdmin } from '../admin.ts';
import { writeJson } from '../codec/json-writer.ts';
import type { RocketmqError } from '../errors.ts';
import type { CallOptions, ConsumerOffsets, SubscriptionGroupConfig } from '../types.ts';
import { sendBatch } from './batch.ts';
import type { Caller } from './caller.ts';
import { checkWhole, integerKeys, namedItems, UnexpectedShape, type Field } from './fields.ts';
import { readGroup, writeGroup } from './group-config.ts';
import { groupNameProblem } from './names.ts';
import { readDataVersion, readQueueKey } from './shapes.ts';

type GroupCalls = Pick<
  BrokerAdmin,
  | 'subscriptionGroups'
  | 'putSubscriptionGroup'
  | 'putSubscriptionGroups'
  | 'deleteSubscriptionGroup'
  | 'consumeStats'
  | 'consumerOffsets'
  | 'commitOffset'
>;

export function groupCalls(caller: Caller): GroupCalls {
  const putGroup = async (group: SubscriptionGroupConfig, options?: CallOptions): Promise<void> => {
    const problem = groupProblem(caller, group);
    if (problem !== undefined) throw problem;
    await caller.call('updateAndCreateSubscriptionGroup', { body: writeJson(writeGroup(group)) }, options);
  };

  const putGroupList = async (
    groups: readonly SubscriptionGroupConfig[],
    options?: CallOptions,
  ): Promise<void> => {
    const body = writeJson({ groupConfigList: groups.map(writeGroup) });
    await caller.call('updateAndCreateSubscriptionGroupList', { body }, options);
  };

  return {
    putSubscriptionGroup: putGroup,

    putSubscriptionGroups: (groups, options) =>
      sendBatch({
        items: groups,
        nameOf: ({ groupName }) => groupName,
        problemOf: (group) => groupProblem(caller, group),
        listable: () => true,
        many: (part) => putGroupList(part, options),
        one: (group) => putGroup(group, options),
      }),

    // Never request 352 for one group: it creates the group that it is asked about.
    subscriptionGroups: (options) =>
      caller.ask('getAllSubscriptionGroupConfig', {}, options, (body, { totalGroupNum }) => {
        const table = body.get('subscriptionGroupTable');
        const groups = namedItems(table, readGroup, ({ groupName }) => groupName);
        checkWhole(groups, totalGroupNum, table.path);
        return { dataVersion: readDataVersion(body.get('dataVersion')), groups };
      }),

    deleteSubscriptionGroup: async (groupName, { cleanOffsets }, options) => {
      await caller.call(
        'deleteSubscriptionGroup',
        { extFields: { groupName, cleanOffset: cleanOffsets } },
        options,
      );
    },

    consumeStats: (consumerGroup, topic, options) =>
      caller.ask(
        'getConsumeStats',
        { extFields: { consumerGroup, ...(topic === undefined ? {} : { topic }) } },
        options,
        (body) => ({
          // Java's NaN arrives as null.
          ...(body.get('consumeTps').present ? { consumeTps: body.get('consumeTps').number() } : {}),
          queues: body
            .get('offsetTable')
            .entries()
            .map(([queue, stats]) => ({
              ...readQueueKey(queue),
              brokerOffset: stats.get('brokerOffset').count(),
              consumerOffset: stats.get('consumerOffset').integer(),
              pullOffset: stats.get('pullOffset').integer(),
              lastTimestamp: stats.get('lastTimestamp').integer(),
            })),
        }),
      ),

    consumerOffsets: (options) =>
      caller.ask('getAllConsumerOffset', {}, options, (body) => readOffsets(body.get('offsetTable'))),

    commitOffset: async ({ group: consumerGroup, topic, queueId, offset: commitOffset }, options) => {
      const extFields = { consumerGroup, topic, queueId, commitOffset };
      await caller.call('updateConsumerOffset', { extFields }, options);
    },
  };
}

function groupProblem(caller: Caller, { groupName }: SubscriptionGroupConfig): RocketmqError | undefined {
  const problem = groupNameProblem(groupName);
  return problem === undefined ? undefined : caller.error('Invalid', `group ${groupName}: ${problem}`);
}

/**
 * Keys are `topic@group`. A broker itself adds `topic@group@broadcast` for each consumer that broadcasts and asks by the proxy
 * (BroadcastOffsetManager): nobody can be given those, and RocketMQ's own cleaners pass them over as well.
 */
function readOffsets(table: Field): ConsumerOffsets {
  const groups = new Map<string, Map<string, ReadonlyMap<number, number>>>();
  for (const [key, queues] of table.members()) {
    const [topic, group, ...rest] = key.split('@');
    if (topic === undefined || group === undefined) {
      throw new UnexpectedShape(table.path, 'a table by topic@group');
    }
    if (rest.length > 0) continue;
    const topics = groups.get(group) ?? new Map<string, ReadonlyMap<number, number>>();
    const places = [...integerKeys(queues, (offset) => offset.integer())];
    // A place before the first message is none.
    const real = places.filter(([queueId, offset]) => queueId >= 0 && offset >= 0);
    groups.set(group, topics.set(topic, new Map(real)));
  }
  return groups;
}
