/** What one broker keeps beside its messages, and two things that consumers do to it. */
import { asMembers, asText, succeeded } from './answers.ts';
import { parseLenient } from './lenient-json.ts';
import type { CommitQuestion, MetadataFacts, MetadataQuestion } from './protocol.ts';
import { pullQuestion } from './pull.ts';
import { ask } from './remoting.ts';

const UPDATE_CONSUMER_OFFSET = 15;
const GET_ALL_TOPIC_CONFIG = 21;
const GET_BROKER_RUNTIME_INFO = 28;
const GET_ALL_CONSUMER_OFFSET = 43;
const GET_ALL_SUBSCRIPTION_GROUP_CONFIG = 201;

/** By address. */
export async function metadata({ brokers }: MetadataQuestion): Promise<Record<string, MetadataFacts>> {
  const facts = brokers.map(async (broker) => [broker, await metadataOf(broker)] as const);
  return Object.fromEntries(await Promise.all(facts));
}

async function metadataOf(broker: string): Promise<MetadataFacts> {
  const table = async (code: number, name: string): Promise<ReturnType<typeof asMembers>> =>
    asMembers(asMembers(parseLenient(succeeded(await ask(broker, { code })).body))[name]);
  const [topics, groups, offsets, runtime] = await Promise.all([
    table(GET_ALL_TOPIC_CONFIG, 'topicConfigTable'),
    table(GET_ALL_SUBSCRIPTION_GROUP_CONFIG, 'subscriptionGroupTable'),
    table(GET_ALL_CONSUMER_OFFSET, 'offsetTable'),
    table(GET_BROKER_RUNTIME_INFO, 'table'),
  ]);
  return {
    version: asText(runtime['brokerVersionDesc']),
    topics: Object.keys(topics).toSorted(),
    groups: Object.keys(groups).toSorted(),
    offsets: Object.fromEntries(
      Object.entries(offsets).map(([key, queues]) => [
        key,
        Object.entries(asMembers(queues))
          .map(([queueId, offset]) => `${queueId}=${asText(offset)}`)
          .toSorted()
          .join(' '),
      ]),
    ),
  };
}

/** Pulls from each queue, as a consumer of the remoting protocol does, and commits what it is told to. */
export async function commit({ broker, commits }: CommitQuestion): Promise<void> {
  for (const { topic, group, queueId, offset } of commits) {
    await ask(broker, pullQuestion({ topic, group, queueId, offset: 0, atMost: 1 }));
    succeeded(
      await ask(broker, {
        code: UPDATE_CONSUMER_OFFSET,
        fields: { consumerGroup: group, topic, queueId: String(queueId), commitOffset: String(offset) },
      }),
    );
  }
}
