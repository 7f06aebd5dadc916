import { clusterKeyIn, parseTopic, topicNameOf, type Topic, type TopicSpec } from '../api/mod.ts';
import { unreadable, type Declaration, type Deletion } from '../objects/mod.ts';

/** A topic as declared, in RocketMQ's words. */
export interface DesiredTopic {
  readonly topicName: string;
  /** Read and write queues on each broker group. */
  readonly queues: number;
  readonly perm: number;
  /** Declared attributes, `message.type` among them. Others on the broker are left alone. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const PERMISSIONS: Readonly<Record<TopicSpec['permission'], number>> = {
  ReadWrite: 6,
  ReadOnly: 4,
  WriteOnly: 2,
};

/** RocketMQ's TopicMessageType. FIFO comes from here alone: the `order` flag and the name servers' order keys stay as they are. */
export const MESSAGE_TYPES: Readonly<Record<TopicSpec['type'], string>> = {
  Normal: 'NORMAL',
  FIFO: 'FIFO',
  Delay: 'DELAY',
  Transaction: 'TRANSACTION',
  Unspecified: 'UNSPECIFIED',
  Mixed: 'MIXED',
};

export const MESSAGE_TYPE = 'message.type';
/** What a broker means by no message.type at all. */
export const UNSPECIFIED = MESSAGE_TYPES.Unspecified;

/** Reads a Topic, also one that was stored before a rule existed. */
export function declareTopic(topic: Topic): Declaration<DesiredTopic> {
  const parsed = parseTopic(topic);
  if (!parsed.ok) return unreadable(topic, parsed.problems);
  const { spec } = parsed.value;
  const topicName = topicNameOf(topic);
  const desired: DesiredTopic = {
    topicName,
    queues: spec.queuesPerBroker,
    perm: PERMISSIONS[spec.permission],
    attributes: { ...spec.attributes, [MESSAGE_TYPE]: MESSAGE_TYPES[spec.type] },
  };
  const { adoptionPolicy: adoption, brokerGroups: groups } = spec;
  const clusterKey = clusterKeyIn(topic);
  const deletion = deletionFrom(spec);
  return { ok: true, clusterKey, name: topicName, adoption, deletion, groups, desired };
}

function deletionFrom({ deletionPolicy, deletionGuards }: TopicSpec): Deletion {
  if (deletionPolicy === 'Retain') return { kind: 'Retain' };
  const guards = (['onlyIfEmpty', 'onlyIfUnused'] as const).filter((guard) => deletionGuards[guard]);
  return { kind: 'Delete', guards };
}
