import * as z from 'zod';
import { isTag, messageTypes, type BodyOf, type Tag } from './message-types.ts';

/**
 * The envelope of every message: the exchange's own header beside a body that its tag types. Tags, keys and trace id
 * travel as message properties too, so that brokers can filter and operators can search without decoding.
 */
export interface MessageHeader {
  /** Ours, not RocketMQ's: RocketMQ gives a new id to every send, and consumers must recognise a message sent twice. */
  readonly message_id: string;
  readonly topic: string;
  readonly tags: Tag;
  readonly keys: string;
  /** Epoch milliseconds at which the envelope was made. */
  readonly timestamp: number;
  readonly producer_group: string;
  /** Filled by the reader: a sender does not know its consumers. */
  readonly consumer_group: string;
  /** Filled by the reader from the delivery attempt. */
  readonly retry_times: number;
  readonly trace_id: string;
  /** Place of this message in its message group, from 1 without holes; absent where order does not matter. */
  readonly sequence?: number;
}

/** Of one tag, or of any of several: then its body is known once its tag is, which `effectByTag` finds out. */
export type Envelope<T extends Tag = Tag> = {
  readonly [Each in T]: {
    readonly version: number;
    readonly header: MessageHeader & { readonly tags: Each };
    readonly body: BodyOf<Each>;
  };
}[T];

export type UnreadableReason = 'UnparsableBody' | 'UnknownTag' | 'UnsupportedVersion' | 'InvalidMessage';

export type Decoded =
  | { readonly kind: 'Read'; readonly envelope: Envelope }
  | { readonly kind: 'Unreadable'; readonly reason: UnreadableReason; readonly detail: string };

const headerSchema = z.object({
  message_id: z.string().min(1).max(128),
  topic: z.string().min(1),
  tags: z.string().min(1),
  keys: z.string(),
  timestamp: z.number().int().nonnegative(),
  producer_group: z.string().min(1),
  consumer_group: z.string(),
  retry_times: z.number().int().nonnegative(),
  trace_id: z.string(),
  sequence: z.number().int().positive().optional(),
});

const frameSchema = z.object({
  version: z.number().int().positive(),
  header: headerSchema,
  body: z.unknown(),
});

/** Encodes as UTF-8 JSON. Throws a ZodError when the body does not match its tag: nothing malformed leaves a process. */
export function encodeEnvelope<T extends Tag>(
  header: MessageHeader & { readonly tags: T },
  body: BodyOf<T>,
): Buffer {
  const type = messageTypes[header.tags];
  const frame = { version: type.version, header: headerSchema.parse(header), body: type.body.parse(body) };
  return Buffer.from(JSON.stringify(frame), 'utf8');
}

/** Reads a message body; whatever is wrong with it comes back as a reason, never as an exception. */
export function decodeEnvelope(bytes: Uint8Array): Decoded {
  const json = parseJson(bytes);
  if (!json.ok) return { kind: 'Unreadable', reason: 'UnparsableBody', detail: json.detail };
  const frame = frameSchema.safeParse(json.value);
  if (!frame.success)
    return { kind: 'Unreadable', reason: 'InvalidMessage', detail: z.prettifyError(frame.error) };

  const { version, header } = frame.data;
  const tag = header.tags;
  if (!isTag(tag))
    return {
      kind: 'Unreadable',
      reason: 'UnknownTag',
      detail: `tag ${JSON.stringify(tag)} is not one of ours`,
    };
  const type = messageTypes[tag];
  if (version > type.version) {
    const detail = `${tag} has version ${version}, this service reads up to ${type.version}`;
    return { kind: 'Unreadable', reason: 'UnsupportedVersion', detail };
  }
  const body = type.body.safeParse(frame.data.body);
  if (!body.success)
    return { kind: 'Unreadable', reason: 'InvalidMessage', detail: z.prettifyError(body.error) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema that parsed the body is the tag's own
  const envelope = { version, header: readHeader(header, tag), body: body.data } as Envelope;
  return { kind: 'Read', envelope };
}

function readHeader(header: z.infer<typeof headerSchema>, tags: Tag): MessageHeader {
  const { sequence, ...rest } = header;
  return { ...rest, tags, ...(sequence === undefined ? {} : { sequence }) };
}

function parseJson(bytes: Uint8Array): { ok: true; value: unknown } | { ok: false; detail: string } {
  try {
    return {
      ok: true,
      value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown,
    };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
