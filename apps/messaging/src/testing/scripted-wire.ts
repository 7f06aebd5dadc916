import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import def, { type Message } from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';

// google-protobuf brings no types, so its two message classes that the script builds are declared here.
const require = createRequire(import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const { Duration } = require('google-protobuf/google/protobuf/duration_pb.js') as {
  readonly Duration: new () => WireDuration;
};
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const { Timestamp } = require('google-protobuf/google/protobuf/timestamp_pb.js') as {
  readonly Timestamp: { fromDate(date: Date): object };
};

interface WireDuration {
  setSeconds(seconds: number): WireDuration;
  setNanos(nanos: number): WireDuration;
}

export interface ScriptedMessage {
  readonly id: string;
  readonly body: Buffer;
  readonly group?: string;
  readonly attempt?: number;
  readonly tag?: string;
  readonly properties?: ReadonlyMap<string, string>;
  /** Sends a checksum that is not the body's. */
  readonly corrupted?: boolean;
}

export function toWire(scripted: ScriptedMessage, topic: string): Message {
  const { id, body, group, attempt = 1, tag, properties, corrupted } = scripted;
  const system = new def.SystemProperties()
    .setMessageId(id)
    .setReceiptHandle(`handle-${id}-${attempt}`)
    .setBodyEncoding(def.Encoding.IDENTITY)
    .setMessageType(def.MessageType.NORMAL)
    .setBornTimestamp(Timestamp.fromDate(new Date()))
    .setDeliveryAttempt(attempt);
  if (group !== undefined) system.setMessageGroup(group);
  if (tag !== undefined) system.setTag(tag);
  const message = withDigest(
    new def.Message().setTopic(new def.Resource().setName(topic)).setBody(body).setSystemProperties(system),
  );
  const map: { set(name: string, value: string): unknown } = message.getUserPropertiesMap();
  for (const [name, value] of properties ?? []) map.set(name, value);
  if (corrupted === true) message.setBody(Buffer.concat([body, Buffer.from('!')]));
  return message;
}

export function withDigest(message: Message): Message {
  const checksum = createHash('md5').update(message.getBody_asU8()).digest('hex').toUpperCase();
  message
    .getSystemProperties()
    ?.setBodyDigest(new def.Digest().setType(def.DigestType.MD5).setChecksum(checksum));
  return message;
}

export function toDuration(ms: number): WireDuration {
  return new Duration().setSeconds(Math.floor(ms / 1000)).setNanos((ms % 1000) * 1e6);
}

export function toMs(duration: { getSeconds(): number; getNanos(): number } | undefined): number {
  return duration === undefined ? 0 : duration.getSeconds() * 1000 + duration.getNanos() / 1e6;
}
