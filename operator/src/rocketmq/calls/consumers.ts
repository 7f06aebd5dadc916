import type { BrokerAdmin, ConsumerAdmin } from '../admin.ts';
import { responseCodes } from '../codes.ts';
import type { Caller } from './caller.ts';
import { readQueueKey } from './shapes.ts';

/** What brokers and proxies alike tell of consumers. */
export function consumerCalls(caller: Caller): Pick<ConsumerAdmin, 'consumerClients'> {
  return {
    consumerClients: async (consumerGroup, options) => {
      const accept = [responseCodes.consumerNotOnline];
      const given = { extFields: { consumerGroup }, accept };
      const response = await caller.call('getConsumerConnectionList', given, options);
      if (response.code === responseCodes.consumerNotOnline) return [];
      return caller.read('getConsumerConnectionList', response, (body) =>
        body
          .get('connectionSet')
          .list()
          .map((connection) => connection.get('clientId').string()),
      );
    },
  };
}

/** What only brokers tell and do, as they have the messages. */
export function placeCalls(caller: Caller): Pick<BrokerAdmin, 'unreadAges' | 'offsetAt' | 'resetOffsets'> {
  return {
    offsetAt: async ({ topic, queueId, timeMs: timestamp }, options) => {
      const response = await caller.call(
        'searchOffsetByTimestamp',
        { extFields: { topic, queueId, timestamp } },
        options,
      );
      const offset = Number(response.extFields['offset']);
      if (!Number.isSafeInteger(offset))
        throw caller.error('Protocol', 'searchOffsetByTimestamp: the answer has no offset');
      return offset;
    },

    resetOffsets: async ({ group, topic, toMs: timestamp }, options) =>
      caller.ask(
        'invokeBrokerToResetOffset',
        { extFields: { topic, group, timestamp, queueId: -1, isForce: true } },
        options,
        (body) =>
          new Map(
            body
              .get('offsetTable')
              .entries()
              .map(([queue, offset]) => [readQueueKey(queue).queueId, offset.integer()]),
          ),
      ),

    unreadAges: async (group, topic, options) =>
      caller.ask('queryConsumeTimeSpan', { extFields: { topic, group } }, options, (body) => {
        const ages = body
          .get('consumeTimeSpanSet')
          .list()
          .map(
            (span) =>
              [readQueueKey(span.get('messageQueue')).queueId, span.get('delayTime').integer()] as const,
          );
        // AdminBrokerProcessor leaves it at 0 where nothing is left to read.
        return new Map(ages.filter(([, ageMs]) => ageMs > 0));
      }),
  };
}
