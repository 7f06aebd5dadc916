/** Moves the places of a consumer group in one topic on one master, or says where they would go. */
import { ADMIN_CALLS_IN_FLIGHT, forEachLimited } from '../../objects/mod.ts';
import type { BrokerAdmin, CallOptions } from '../../rocketmq/mod.ts';
import { movedBy, type Moved } from './progress.ts';

/** What is to be tried again, and what could not be consumed, keeps its places. */
const OWN_TOPIC = /^%(RETRY|DLQ)%/;

export type Places = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * @param topics only these; undefined: all
 * @returns by topic: places by queue id
 * @throws RocketmqError
 */
export async function placesOf(
  broker: BrokerAdmin,
  group: string,
  topics: readonly string[] | undefined,
  options: CallOptions,
): Promise<Places> {
  const places: Places = (await broker.consumerOffsets(options)).get(group) ?? new Map();
  const isMeant = (topic: string): boolean => !OWN_TOPIC.test(topic) && (topics?.includes(topic) ?? true);
  return new Map([...places].filter(([topic]) => isMeant(topic)));
}

export interface Move {
  readonly group: string;
  readonly topic: string;
  readonly from: ReadonlyMap<number, number>;
  readonly toMs: number;
  /** Nothing is moved. */
  readonly dryRun: boolean;
}

/** @throws RocketmqError when the broker does not do it */
export async function movePlaces(
  broker: BrokerAdmin,
  { group, topic, from, toMs, dryRun }: Move,
  options: CallOptions,
): Promise<Moved> {
  // Places in a topic that was deleted, and in queues that it gave up, stay until the broker looks for such.
  const held = await broker.topicConfig(topic, options);
  if (held === undefined) return { again: 0, skipped: 0 };
  const queueIds = [...from.keys()].filter((queueId) => queueId < held.readQueueNums);
  const to = dryRun
    ? await whereTo(broker, topic, queueIds, toMs, options)
    : await broker.resetOffsets({ group, topic, toMs }, options);
  return movedBy(from, to);
}

async function whereTo(
  broker: BrokerAdmin,
  topic: string,
  queueIds: readonly number[],
  toMs: number,
  options: CallOptions,
): Promise<ReadonlyMap<number, number>> {
  const to = new Map<number, number>();
  await forEachLimited(queueIds, ADMIN_CALLS_IN_FLIGHT, async (queueId) => {
    to.set(queueId, await broker.offsetAt({ topic, queueId, timeMs: toMs }, options));
  });
  return to;
}
