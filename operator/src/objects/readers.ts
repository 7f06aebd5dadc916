import type { BrokerAdmin, CallOptions } from '../rocketmq/mod.ts';
import { append } from './append.ts';
import { compareText } from '../compare-text.ts';

/**
 * By topic: consumer groups that there are and that have a place in it on one broker, sorted. Of groups that there are no more
 * a broker may keep an offset for ever.
 *
 * @throws RocketmqError when the broker does not answer
 */
export async function readersOn(
  broker: BrokerAdmin,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const [offsets, { groups }] = await Promise.all([
    broker.consumerOffsets(options),
    broker.subscriptionGroups(options),
  ]);
  const readers = new Map<string, string[]>();
  for (const [group, topics] of [...offsets].toSorted(([a], [b]) => compareText(a, b)))
    if (groups.has(group)) for (const topic of topics.keys()) append(readers, topic, group);
  return readers;
}
