import type { BrokerAdmin, ConsumerAdmin } from '../admin.ts';
import { responseCodes } from '../codes.ts';
import type { Caller } from './caller.ts';
import type { Field } from './fields.ts';
import { readQueueKey } from './shapes.ts';

/** What brokers and proxies alike tell of consumers. */
export function consumerCalls(caller: Caller): Pick<ConsumerAdmin, 'consumers'> {
  return {
    consumers: async (consumerGroup, options) => {
      const accept = [responseCodes.consumerNotOnline];
      const given = { extFields: { consumerGroup }, accept };
      const response = await caller.call('getConsumerConnectionList', given, options);
      if (response.code === responseCodes.consumerNotOnline) return { clientIds: [], broadcast: false };
      return caller.read('getConsumerConnectionList', response, (body) => ({
        clientIds: body
          .get('connectionSet')
          .list()
          .map((connection) => connection.get('clientId').string()),
        broadcast: body.get('messageModel').string() === 'BROADCASTING',
      }));
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
      const text = response.extFields['offset'];
      if (!/^\d+$/.test(text ?? '') || !Number.isSafeInteger(Number(text)))
        throw caller.error('Protocol', 'searchOffsetByTimestamp: the answer has no offset');
      return Number(text);
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
              .map(([queue, offset]) => [readQueueKey(queue, topic).queueId, offset.count()]),
          ),
      ),

    unreadAges: async (group, topic, options) =>
      caller.ask(
        'queryConsumeTimeSpan',
        { extFields: { topic, group } },
        options,
        (body) =>
          new Map(
            body
              .get('consumeTimeSpanSet')
              .list()
              .map((span) => [readQueueKey(span.get('messageQueue'), topic).queueId, readAge(span)]),
          ),
      ),
  };
}

/** Epoch milliseconds that no message is older than. */
const NO_AGE_MS = 1_000_000_000_000;

/**
 * AdminBrokerProcessor takes the time of the message at the group's place from its own, and leaves the age at 0 where nothing
 * is left to read. A message that was deleted unread has the time -1, so that the age tells what time it is: then the oldest
 * that is there counts.
 */
function readAge(span: Field): number {
  const ageMs = span.get('delayTime').integer();
  const oldestAt = span.get('minTimeStamp').integer();
  const trueAgeMs = ageMs < NO_AGE_MS || oldestAt <= 0 ? ageMs : ageMs - 1 - oldestAt;
  // A clock that was set back makes messages of the future.
  return Math.max(0, trueAgeMs);
}
