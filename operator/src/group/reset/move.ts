/** Moves the places of a consumer group on one master, or says where they would go. */
import { ADMIN_CALLS_IN_FLIGHT, forEachLimited } from '../../objects/mod.ts';
import { RocketmqError, type BrokerAdmin, type CallOptions } from '../../rocketmq/mod.ts';
import { movedBy, type Moved } from './progress.ts';

/** What is to be tried again, and what could not be consumed, keeps its places. */
const OWN_TOPIC = /^%(RETRY|DLQ)%/;

/**
 * @param dryRun nothing is moved
 * @throws RocketmqError when the broker does not do it: each topic is moved, or not
 */
export async function movePlaces(
  broker: BrokerAdmin,
  { group, toMs, dryRun }: { readonly group: string; readonly toMs: number; readonly dryRun: boolean },
  options: CallOptions,
): Promise<Moved> {
  const places =
    (await broker.consumerOffsets(options)).get(group) ?? new Map<string, ReadonlyMap<number, number>>();
  const topics = [...places].filter(([topic]) => !OWN_TOPIC.test(topic));
  let again = 0;
  let skipped = 0;
  await forEachLimited(topics, ADMIN_CALLS_IN_FLIGHT, async ([topic, from]) => {
    const to = await unlessGone(
      dryRun
        ? whereTo(broker, topic, [...from.keys()], toMs, options)
        : broker.resetOffsets({ group, topic, toMs }, options),
    );
    const moved = movedBy(from, to);
    again += moved.again;
    skipped += moved.skipped;
  });
  return { again, skipped };
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

/** Places in a topic that was deleted stay until the broker looks for such. */
async function unlessGone(
  moving: Promise<ReadonlyMap<number, number>>,
): Promise<ReadonlyMap<number, number>> {
  try {
    return await moving;
  } catch (error) {
    if (error instanceof RocketmqError && error.code === 'NotFound') return new Map();
    throw error;
  }
}
