import type { PreparedMessage } from './client/producer-client.ts';

/** As many as a consumer gets at once. */
export const MAX_REQUEST_MESSAGES = 32;

/** What a message takes beside its body: its properties of ours (about 250 bytes) and of RocketMQ's own. */
const OVERHEAD_BYTES = 1_024;

interface ToSend {
  readonly topic: string;
  readonly prepared: Pick<PreparedMessage, 'body' | 'deliveryTimestamp'>;
}

/**
 * Puts messages that come one after another into requests: of one topic, up to 32, and no larger together than `maxBytes`,
 * because a broker takes a request for one message (MessageExtEncoder: "message body size exceeded"). Timed messages go
 * alone: RocketMQ takes no request of several (MessageBatch: "Delayed messages are not supported for batching").
 */
export function splitIntoRequests<T extends ToSend>(
  messages: readonly T[],
  maxBytes: number,
): readonly (readonly T[])[] {
  const requests: T[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.prepared.body.length + OVERHEAD_BYTES;
    const request = requests.at(-1);
    const [first] = request ?? [];
    const fits =
      request !== undefined &&
      first?.topic === message.topic &&
      request.length < MAX_REQUEST_MESSAGES &&
      bytes + size <= maxBytes &&
      !isTimed(first) &&
      !isTimed(message);
    if (fits) request.push(message);
    else requests.push([message]);
    bytes = fits ? bytes + size : size;
  }
  return requests;
}

function isTimed({ prepared }: ToSend): boolean {
  return prepared.deliveryTimestamp !== undefined;
}
