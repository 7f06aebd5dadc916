import type { DataVersion, QueueKey } from '../types.ts';
import type { Field } from './fields.ts';

export function readDataVersion(version: Field): DataVersion {
  return {
    counter: version.get('counter').integer(),
    stateVersion: version.get('stateVersion').integer(),
    timestamp: version.get('timestamp').integer(),
  };
}

export function readQueueKey(queue: Field): QueueKey {
  return {
    brokerName: queue.get('brokerName').string(),
    topic: queue.get('topic').string(),
    queueId: queue.get('queueId').integer(),
  };
}

/** A map of strings; RocketMQ leaves out maps that are null. */
export function readStrings(map: Field): Readonly<Record<string, string>> {
  if (!map.present) return {};
  return Object.fromEntries(map.members().map(([key, value]) => [key, value.string()]));
}
