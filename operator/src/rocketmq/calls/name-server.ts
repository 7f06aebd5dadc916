import type { NameServerAdmin } from '../admin.ts';
import { responseCodes } from '../codes.ts';
import type { BrokerGroup, QueueRoute } from '../types.ts';
import type { Caller } from './caller.ts';
import { integerKeys, namedItems, type Field } from './fields.ts';
import { readConfig } from './settings.ts';

export function nameServerAdmin(caller: Caller): NameServerAdmin {
  return {
    address: caller.address,

    clusterInfo: (options) =>
      caller.ask('getBrokerClusterInfo', {}, options, (body) => ({
        brokers: namedItems(body.get('brokerAddrTable'), brokerGroup, ({ brokerName }) => brokerName),
        clusters: new Map(
          body
            .get('clusterAddrTable')
            .members()
            .map(([name, brokers]) => [name, brokers.list().map((broker) => broker.string())]),
        ),
      })),

    config: (options) => readConfig(caller, 'getNamesrvConfig', options),

    topicRoute: async (topic, options) => {
      const response = await caller.call(
        'getRouteInfoByTopic',
        { extFields: { topic, acceptStandardJsonOnly: true }, accept: [responseCodes.topicNotExist] },
        options,
      );
      if (response.code === responseCodes.topicNotExist) return undefined;
      return caller.read('getRouteInfoByTopic', response, (body) => ({
        brokers: body.get('brokerDatas').list().map(brokerGroup),
        queues: body.get('queueDatas').list().map(queueRoute),
        ...(body.get('orderTopicConf').present
          ? { orderTopicConf: body.get('orderTopicConf').string() }
          : {}),
      }));
    },

    topicNames: (options) =>
      caller.ask(
        'getAllTopicListFromNameServer',
        {},
        options,
        (body) =>
          new Set(
            body
              .get('topicList')
              .list()
              .map((topic) => topic.string()),
          ),
      ),

    brokerMembers: (clusterName, brokerName, options) =>
      caller.ask('getBrokerMemberGroup', { extFields: { clusterName, brokerName } }, options, (body) => {
        const members = body.get('brokerMemberGroup');
        if (!members.present) return undefined;
        const group = brokerGroup(members);
        return group.addresses.size === 0 ? undefined : group;
      }),

    deleteTopicRoute: async (topic, clusterName, options) => {
      await caller.call('deleteTopicInNameServer', { extFields: { topic, clusterName } }, options);
    },

    unregisterBroker: async ({ cluster, brokerName, brokerAddress, brokerId }, options) => {
      const extFields = { clusterName: cluster, brokerName, brokerAddr: brokerAddress, brokerId };
      await caller.call('unregisterBroker', { extFields }, options);
    },
  };
}

function brokerGroup(group: Field): BrokerGroup {
  return {
    brokerName: group.get('brokerName').string(),
    cluster: group.get('cluster').string(),
    addresses: integerKeys(group.get('brokerAddrs'), (address) => address.string()),
  };
}

function queueRoute(queue: Field): QueueRoute {
  return {
    brokerName: queue.get('brokerName').string(),
    readQueueNums: queue.get('readQueueNums').count(),
    writeQueueNums: queue.get('writeQueueNums').count(),
    perm: queue.get('perm').count(),
    topicSysFlag: queue.get('topicSysFlag').integer(),
  };
}
