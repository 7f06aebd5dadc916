import type { DataVersion, QueueKey } from '../types.ts';
import { UnexpectedShape, type Field } from './fields.ts';

export function readDataVersion(version: Field): DataVersion {
  return {
    counter: version.get('counter').integer(),
    stateVersion: version.get('stateVersion').integer(),
    timestamp: version.get('timestamp').integer(),
  };
}

/** @param asked the topic that it has to be of; left out: any */
export function readQueueKey(queue: Field, asked?: string): QueueKey {
  const topic = queue.get('topic').string();
  if (asked !== undefined && topic !== asked)
    throw new UnexpectedShape(queue.path, 'a queue of the topic that was asked for');
  return {
    brokerName: queue.get('brokerName').string(),
    topic,
    queueId: queue.get('queueId').count(),
  };
}

/** The very same list. Of a queue that comes twice nobody knows which one holds. */
export function withoutTwins<T extends QueueKey>(list: Field, queues: readonly T[]): readonly T[] {
  const names = new Set(queues.map(({ brokerName, topic, queueId }) => `${brokerName} ${topic} ${queueId}`));
  if (names.size < queues.length) throw new UnexpectedShape(list.path, 'a list with each queue once');
  return queues;
}

/** A map of strings; RocketMQ leaves out maps that are null. */
export function readStrings(map: Field): Readonly<Record<string, string>> {
  if (!map.present) return {};
  return Object.fromEntries(map.members().map(([key, value]) => [key, value.string()]));
}
