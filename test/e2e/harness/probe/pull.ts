/** Reading a queue by offset, as a consumer that keeps its own position does. */
import type { Question } from './remoting.ts';

const PULL_MESSAGE = 11;
/** Nothing there yet, or no more. */
export const PULL_NOT_FOUND = 19;

/** Who reads; the group has to be declared. */
export const READER = 'gantry-probe';

export interface PullPosition {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** Whom a proxy hands the question to; a broker needs none. */
  readonly brokerName?: string;
  readonly group?: string;
  readonly atMost?: number;
}

/** Asks for what is there now: nobody waits for new messages. */
export function pullQuestion(position: PullPosition): Question {
  const { topic, queueId, offset, brokerName, group = READER, atMost = 32 } = position;
  return {
    code: PULL_MESSAGE,
    fields: {
      consumerGroup: group,
      topic,
      queueId: String(queueId),
      queueOffset: String(offset),
      maxMsgNums: String(atMost),
      sysFlag: '4', // a subscription stands in the request
      commitOffset: '0',
      suspendTimeoutMillis: '0',
      subscription: '*',
      subVersion: '0',
      expressionType: 'TAG',
      ...(brokerName === undefined ? {} : { bname: brokerName }),
    },
  };
}

export interface StoredMessage {
  readonly offset: number;
  readonly body: string;
}

/** Stored messages (MessageDecoder): everything before the body's length has a fixed size, for IPv4 hosts. */
export function storedMessages(bytes: Buffer): readonly StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += bytes.readInt32BE(at)) {
    const bodyLengthAt = at + 84;
    const length = bytes.readInt32BE(bodyLengthAt);
    messages.push({
      offset: Number(bytes.readBigInt64BE(at + 20)),
      body: bytes.toString('utf8', bodyLengthAt + 4, bodyLengthAt + 4 + length),
    });
  }
  return messages;
}
