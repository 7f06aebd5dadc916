/** Every call that the admin client knows, and what its results have to be like whatever a server answered. */
import * as z from 'zod';
import type { Admins } from '../../../operator/src/rocketmq/admins.ts';
import {
  defaultSubscriptionGroup,
  type AccessUser,
  type TopicWrite,
} from '../../../operator/src/rocketmq/mod.ts';
import {
  accessPolicy,
  accessUser,
  brokerGroup,
  count,
  dataVersion,
  once,
  elected,
  groupConfig,
  int,
  nothing,
  properties,
  queueKey,
  queueRoute,
  refusals,
  replica,
  tableOf,
  text,
  topicConfig,
} from './shapes.ts';

export interface Asked {
  readonly name: string;
  readonly ask: (admins: Admins, address: string) => Promise<unknown>;
  /** The shape of a result that may be believed. */
  readonly result: z.ZodType;
}

const orders: TopicWrite = {
  topicName: 'ORDERS',
  readQueueNums: 8,
  writeQueueNums: 8,
  perm: 6,
  order: false,
  attributes: { 'message.type': 'NORMAL' },
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
};
const group = defaultSubscriptionGroup('G');
const user: AccessUser = { username: 'order', password: 'secret', type: 'Normal', enabled: true };
const place = { group: 'G', topic: 'ORDERS', queueId: 0, offset: 1 };

const nameServer: readonly Asked[] = [
  {
    name: 'clusterInfo',
    ask: async (admins, at) => admins.nameServer(at).clusterInfo(),
    result: z.strictObject({
      brokers: tableOf(brokerGroup, ({ brokerName }) => brokerName),
      clusters: z.map(text, z.array(text)),
    }),
  },
  { name: 'config', ask: async (admins, at) => admins.nameServer(at).config(), result: properties },
  {
    name: 'topicRoute',
    ask: async (admins, at) => admins.nameServer(at).topicRoute('ORDERS'),
    result: z
      .strictObject({
        brokers: z.array(brokerGroup),
        queues: z.array(queueRoute),
        orderTopicConf: text.optional(),
      })
      .optional(),
  },
  { name: 'topicNames', ask: async (admins, at) => admins.nameServer(at).topicNames(), result: z.set(text) },
  {
    name: 'brokerMembers',
    ask: async (admins, at) => admins.nameServer(at).brokerMembers('c', 'broker-a'),
    result: brokerGroup.optional(),
  },
  {
    name: 'deleteTopicRoute',
    ask: async (admins, at) => admins.nameServer(at).deleteTopicRoute('ORDERS', 'c'),
    result: nothing,
  },
  {
    name: 'unregisterBroker',
    ask: async (admins, at) =>
      admins
        .nameServer(at)
        .unregisterBroker({ cluster: 'c', brokerName: 'broker-a', brokerAddress: 'b:1', brokerId: 1 }),
    result: nothing,
  },
];

const brokerAnswers: readonly Asked[] = [
  { name: 'runtimeInfo', ask: async (admins, at) => admins.broker(at).runtimeInfo(), result: properties },
  { name: 'broker config', ask: async (admins, at) => admins.broker(at).config(), result: properties },
  {
    name: 'topicConfigs',
    ask: async (admins, at) => admins.broker(at).topicConfigs(),
    result: z.strictObject({ dataVersion, topics: tableOf(topicConfig, ({ topicName }) => topicName) }),
  },
  {
    name: 'topicConfig',
    ask: async (admins, at) => admins.broker(at).topicConfig('ORDERS'),
    result: topicConfig.extend({ topicName: z.literal('ORDERS') }).optional(),
  },
  {
    name: 'topicStats',
    ask: async (admins, at) => admins.broker(at).topicStats('ORDERS'),
    result: z.strictObject({
      queues: z
        .array(
          z
            .strictObject({ ...queueKey, minOffset: count, maxOffset: count, lastUpdateTimestamp: int })
            .refine(
              ({ minOffset, maxOffset }) => minOffset <= maxOffset,
              'a queue that ends before it begins',
            ),
        )
        .refine(once, 'a queue told of twice'),
    }),
  },
  {
    name: 'timedMessages',
    ask: async (admins, at) => admins.broker(at).timedMessages(),
    // A broker counts up and down, and may have begun too low after a crash: none but 0 means none.
    result: z.map(text, int),
  },
  {
    name: 'subscriptionGroups',
    ask: async (admins, at) => admins.broker(at).subscriptionGroups(),
    result: z.strictObject({ dataVersion, groups: tableOf(groupConfig, ({ groupName }) => groupName) }),
  },
  {
    name: 'consumeStats',
    ask: async (admins, at) => admins.broker(at).consumeStats('G', 'ORDERS'),
    result: z.strictObject({
      consumeTps: z.number().optional(),
      queues: z.array(
        z.strictObject({
          ...queueKey,
          topic: text,
          brokerOffset: count,
          consumerOffset: int,
          pullOffset: int,
          lastTimestamp: int,
        }),
      ),
    }),
  },
  {
    name: 'consumerOffsets',
    ask: async (admins, at) => admins.broker(at).consumerOffsets(),
    result: z.map(text, z.map(text, z.map(count, count))),
  },
  {
    name: 'unreadAges',
    ask: async (admins, at) => admins.broker(at).unreadAges('G', 'ORDERS'),
    result: z.map(count, count),
  },
  {
    name: 'offsetAt',
    ask: async (admins, at) => admins.broker(at).offsetAt({ topic: 'ORDERS', queueId: 0, timeMs: 1 }),
    result: count,
  },
  {
    name: 'haStatus',
    ask: async (admins, at) => admins.broker(at).haStatus(),
    result: z.discriminatedUnion('role', [
      z.strictObject({
        role: z.literal('master'),
        masterCommitLogMaxOffset: int,
        inSyncSlaveNums: int,
        connections: z.array(
          z.strictObject({
            address: text,
            slaveAckOffset: int,
            diff: int,
            inSync: z.boolean(),
            transferFromWhere: int,
            transferredByteInSecond: int,
          }),
        ),
      }),
      z.strictObject({
        role: z.literal('slave'),
        masterAddress: text,
        masterFlushOffset: int,
        maxOffset: int,
        lastReadTimestamp: int,
        lastWriteTimestamp: int,
        transferredByteInSecond: int,
      }),
    ]),
  },
  {
    name: 'epochs',
    ask: async (admins, at) => admins.broker(at).epochs(),
    result: z.strictObject({
      cluster: text,
      brokerName: text,
      brokerId: int,
      maxOffset: z.bigint(),
      epochs: z.array(
        z
          .strictObject({ epoch: count, startOffset: z.bigint().min(0n), endOffset: z.bigint() })
          .refine(
            ({ startOffset, endOffset }) => startOffset <= endOffset,
            'an epoch that ends before it begins',
          ),
      ),
    }),
  },
  {
    name: 'consumers',
    ask: async (admins, at) => admins.broker(at).consumers('G'),
    result: z.strictObject({ clientIds: z.array(text), broadcast: z.boolean() }),
  },
  {
    name: 'users',
    ask: async (admins, at) => admins.broker(at).users(),
    result: tableOf(accessUser, ({ username }) => username),
  },
  {
    name: 'policies',
    ask: async (admins, at) => admins.broker(at).policies(),
    result: z.map(text, z.array(accessPolicy)),
  },
  // Before those that take away what it is about.
  {
    name: 'resetOffsets',
    ask: async (admins, at) => admins.broker(at).resetOffsets({ group: 'G', topic: 'ORDERS', toMs: 1 }),
    result: z.map(count, count),
  },
];

const brokerWrites: readonly Asked[] = [
  {
    name: 'updateConfig',
    ask: async (admins, at) => admins.broker(at).updateConfig(new Map([['fileReservedTime', '48']])),
    result: nothing,
  },
  { name: 'putTopic', ask: async (admins, at) => admins.broker(at).putTopic(orders), result: nothing },
  { name: 'putTopics', ask: async (admins, at) => admins.broker(at).putTopics([orders]), result: refusals },
  {
    name: 'deleteTopic',
    ask: async (admins, at) => admins.broker(at).deleteTopic('ORDERS'),
    result: nothing,
  },
  {
    name: 'putSubscriptionGroup',
    ask: async (admins, at) => admins.broker(at).putSubscriptionGroup(group),
    result: nothing,
  },
  {
    name: 'putSubscriptionGroups',
    ask: async (admins, at) => admins.broker(at).putSubscriptionGroups([group]),
    result: refusals,
  },
  {
    name: 'deleteSubscriptionGroup',
    ask: async (admins, at) => admins.broker(at).deleteSubscriptionGroup('G', { cleanOffsets: true }),
    result: nothing,
  },
  { name: 'commitOffset', ask: async (admins, at) => admins.broker(at).commitOffset(place), result: nothing },
  { name: 'createUser', ask: async (admins, at) => admins.broker(at).createUser(user), result: nothing },
  { name: 'changeUser', ask: async (admins, at) => admins.broker(at).changeUser(user), result: nothing },
  { name: 'deleteUser', ask: async (admins, at) => admins.broker(at).deleteUser('order'), result: nothing },
  {
    name: 'putPolicies',
    ask: async (admins, at) =>
      admins.broker(at).putPolicies('order', [
        {
          policyType: 'Custom',
          resource: 'Topic:ORDERS',
          actions: ['Pub'],
          sourceIps: [],
          decision: 'Allow',
        },
      ]),
    result: nothing,
  },
  {
    name: 'deletePolicy',
    ask: async (admins, at) =>
      admins.broker(at).deletePolicy('order', { policyType: 'Custom', resource: 'Topic:ORDERS' }),
    result: nothing,
  },
];

const controller: readonly Asked[] = [
  {
    name: 'metadata',
    ask: async (admins, at) => admins.controller(at).metadata(),
    result: z.strictObject({
      group: text,
      leaderId: text.optional(),
      leaderAddress: text.optional(),
      isLeader: z.boolean(),
      peers: z.array(z.strictObject({ id: text, address: text })),
    }),
  },
  {
    name: 'controller config',
    ask: async (admins, at) => admins.controller(at).config(),
    result: properties,
  },
  {
    name: 'syncState',
    ask: async (admins, at) => admins.controller(at).syncState(['broker-a']),
    result: z.map(
      text,
      z.strictObject({
        masterBrokerId: int.optional(),
        masterAddress: text.optional(),
        masterEpoch: count,
        syncStateSetEpoch: count,
        inSync: z.array(replica),
        notInSync: z.array(replica),
      }),
    ),
  },
  {
    name: 'electMaster',
    ask: async (admins, at) =>
      admins.controller(at).electMaster({ cluster: 'c', brokerName: 'broker-a', brokerId: 2 }),
    result: elected,
  },
  {
    name: 'cleanBrokerData',
    ask: async (admins, at) =>
      admins.controller(at).cleanBrokerData({ cluster: 'c', brokerName: 'broker-a', brokerIds: [9] }),
    result: nothing,
  },
];

export const catalogue: readonly Asked[] = [...nameServer, ...brokerAnswers, ...brokerWrites, ...controller];
