import type { BrokerAdmin } from '../admin.ts';
import type { JsonObject } from '../codec/json-value.ts';
import { writeJson } from '../codec/json-writer.ts';
import { responseCodes } from '../codes.ts';
import type { RocketmqError } from '../errors.ts';
import type { CallOptions, QueueKey, TopicConfig, TopicStats, TopicWrite } from '../types.ts';
import { sendBatch } from './batch.ts';
import type { Caller } from './caller.ts';
import { checkWhole, namedItems, UnexpectedShape, type Field } from './fields.ts';
import { topicNameProblem } from './names.ts';
import { readDataVersion, readQueueKey, readStrings, withoutTwins } from './shapes.ts';

type TopicCalls = Pick<
  BrokerAdmin,
  'topicConfigs' | 'topicConfig' | 'putTopic' | 'putTopics' | 'deleteTopic' | 'topicStats' | 'timedMessages'
>;

export function topicCalls(caller: Caller): TopicCalls {
  const putTopic = async (topic: TopicWrite, options?: CallOptions): Promise<void> => {
    const problem = topicProblem(caller, topic);
    if (problem !== undefined) throw problem;
    await caller.call('updateAndCreateTopic', { extFields: topicFields(topic) }, options);
  };

  const putTopicList = async (topics: readonly TopicWrite[], options?: CallOptions): Promise<void> => {
    const body = writeJson({ topicConfigList: topics.map(topicItem) });
    await caller.call('updateAndCreateTopicList', { body }, options);
  };

  return {
    putTopic,

    putTopics: (topics, options) =>
      sendBatch({
        items: topics,
        nameOf: ({ topicName }) => topicName,
        problemOf: (topic) => topicProblem(caller, topic),
        // The broker ends the whole list, with success, at the first item that equals what it holds. An item
        // with a signed attribute never does.
        listable: (topic) => Object.keys(signedAttributes(topic)).length > 0,
        many: (part) => putTopicList(part, options),
        one: (topic) => putTopic(topic, options),
      }),

    topicConfig: async (topic, options) => {
      const response = await caller.call(
        'getTopicConfig',
        { extFields: { topic }, accept: [responseCodes.topicNotExist] },
        options,
      );
      if (response.code === responseCodes.topicNotExist) return undefined;
      return caller.read('getTopicConfig', response, (body) => {
        const config = readTopic(body);
        if (config.topicName !== topic)
          throw new UnexpectedShape(body.path, 'about the topic that was asked for');
        return config;
      });
    },

    topicConfigs: (options) =>
      caller.ask('getAllTopicConfig', {}, options, (body, { totalTopicNum }) => {
        const table = body.get('topicConfigTable');
        const topics = namedItems(table, readTopic, ({ topicName }) => topicName);
        checkWhole(topics, totalTopicNum, table.path);
        return { dataVersion: readDataVersion(body.get('dataVersion')), topics };
      }),

    deleteTopic: async (topic, options) => {
      await caller.call('deleteTopicInBroker', { extFields: { topic } }, options);
    },

    timedMessages: (options) =>
      caller.ask(
        'getTimerMetrics',
        {},
        options,
        (body) =>
          new Map(
            body
              .get('timingCount')
              .members()
              .map(([topic, metric]) => [topic, metric.get('count').integer()]),
          ),
      ),

    topicStats: (topic, options) =>
      caller.ask('getTopicStatsInfo', { extFields: { topic } }, options, (body) => ({
        queues: withoutTwins(
          body.get('offsetTable'),
          body
            .get('offsetTable')
            .entries()
            .map(([queue, stats]) => ({ ...readQueueKey(queue, topic), ...readEnds(stats) })),
        ),
      })),
  };
}

function topicProblem(caller: Caller, topic: TopicWrite): RocketmqError | undefined {
  const { topicName, readQueueNums, writeQueueNums, perm } = topic;
  const problem =
    topicNameProblem(topicName) ??
    ([readQueueNums, writeQueueNums].every((count) => Number.isInteger(count) && count >= 0)
      ? undefined
      : 'queue counts are whole numbers') ??
    (perm >= 0 && perm <= 7 ? undefined : 'a permission is made of the bits 4, 2 and 1') ??
    Object.entries(topic.attributes)
      .flat()
      .concat(topic.removeAttributes ?? [])
      .map((text) => (/^[^+\-,=][^,=]*$/.test(text) ? undefined : `attribute text '${text}' cannot be sent`))
      .find((found) => found !== undefined);
  return problem === undefined ? undefined : caller.error('Invalid', `topic ${topicName}: ${problem}`);
}

/** Attributes as the wire wants them: the key says by its sign whether to set or to remove. */
function signedAttributes({
  attributes,
  removeAttributes = [],
}: TopicWrite): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...Object.entries(attributes).map(([key, value]) => [`+${key}`, value]),
    ...removeAttributes.map((key) => [`-${key}`, '']),
  ]);
}

/** Every field, always: RocketMQ takes the Java default for what is missing, or fails on it. */
function topicFields(topic: TopicWrite): Readonly<Record<string, string | number | boolean>> {
  const attributes = Object.entries(signedAttributes(topic))
    .map(([key, value]) => (key.startsWith('-') ? key : `${key}=${value}`))
    .join(',');
  return {
    topic: topic.topicName,
    defaultTopic: 'TBW102',
    readQueueNums: topic.readQueueNums,
    writeQueueNums: topic.writeQueueNums,
    perm: topic.perm,
    topicFilterType: topic.topicFilterType,
    topicSysFlag: topic.topicSysFlag,
    order: topic.order,
    ...(attributes === '' ? {} : { attributes }),
  };
}

function topicItem(topic: TopicWrite): JsonObject {
  return {
    topicName: topic.topicName,
    readQueueNums: topic.readQueueNums,
    writeQueueNums: topic.writeQueueNums,
    perm: topic.perm,
    topicFilterType: topic.topicFilterType,
    topicSysFlag: topic.topicSysFlag,
    order: topic.order,
    attributes: signedAttributes(topic),
  };
}

function readEnds(stats: Field): Omit<TopicStats['queues'][number], keyof QueueKey> {
  const minOffset = stats.get('minOffset').count();
  const maxOffset = stats.get('maxOffset').count();
  if (maxOffset < minOffset) throw new UnexpectedShape(stats.path, 'a queue that ends after it begins');
  return { minOffset, maxOffset, lastUpdateTimestamp: stats.get('lastUpdateTimestamp').integer() };
}

function readTopic(topic: Field): TopicConfig {
  const filterType = topic.get('topicFilterType').string();
  if (filterType !== 'SINGLE_TAG' && filterType !== 'MULTI_TAG') {
    throw new UnexpectedShape(topic.path, 'a topic with a known filter type');
  }
  return {
    topicName: topic.get('topicName').string(),
    readQueueNums: topic.get('readQueueNums').count(),
    writeQueueNums: topic.get('writeQueueNums').count(),
    perm: topic.get('perm').count(),
    order: topic.get('order').boolean(),
    attributes: readStrings(topic.get('attributes')),
    topicFilterType: filterType,
    topicSysFlag: topic.get('topicSysFlag').integer(),
  };
}
