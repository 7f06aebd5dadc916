import * as z from 'zod';
import { MessagingError } from './errors.ts';
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

export type UnreadableReason =
  | 'UnparsableBody'
  | 'UnknownTag'
  | 'UnsupportedVersion'
  | 'InvalidMessage'
  | 'NotEncrypted'
  | 'UnknownKey'
  | 'Tampered';

export interface Unreadable {
  readonly kind: 'Unreadable';
  readonly reason: UnreadableReason;
  /** Says what is wrong and where, never a value: what was encrypted goes into no log. */
  readonly detail: string;
}

export type Decoded = { readonly kind: 'Read'; readonly envelope: Envelope } | Unreadable;

/** How envelopes are written and read: in clear, or encrypted. */
export interface EnvelopeCodec {
  /**
   * Throws a ZodError when the body does not match its tag: nothing malformed leaves a process.
   *
   * @throws MessagingError `EncryptionUnavailable`
   */
  encode<T extends Tag>(
    header: MessageHeader & { readonly tags: T },
    body: BodyOf<T>,
    messageGroup: string | undefined,
  ): Buffer;
  /**
   * Whatever is wrong with a message comes back as a reason.
   *
   * @throws MessagingError `EncryptionUnavailable` for what is wrong with this process: another may read the message
   */
  decode(bytes: Uint8Array, messageGroup: string | undefined): Decoded;
}

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

/** Node's decoder skips what is not base64; two texts of the same bytes must not both be right. */
const base64 = z
  .string()
  .transform((text) => ({ text, bytes: Buffer.from(text, 'base64') }))
  .refine(({ text, bytes }) => bytes.toString('base64') === text, 'must be base64')
  .transform(({ bytes }) => bytes);

const sealedBody = z.object({
  algorithm: z.literal('AES-256-GCM'),
  key_id: z.string().min(1).max(128),
  nonce: base64,
  ciphertext: base64,
  tag: base64,
});
export type SealedBody = z.infer<typeof sealedBody>;

const frameSchema = z.object({
  version: z.number().int().positive(),
  header: headerSchema,
  body: z.unknown().optional(),
  encrypted: sealedBody.optional(),
});

/** An envelope whose body is not judged yet. */
export interface Frame {
  readonly version: number;
  readonly header: MessageHeader;
  readonly body: unknown;
  readonly encrypted: SealedBody | undefined;
}

/** Envelopes that everybody can read. */
export const plainEnvelopes: EnvelopeCodec = {
  encode: (header, body) => encodeEnvelope(header, body),
  decode: (bytes) => decodeEnvelope(bytes),
};

/** Encodes as UTF-8 JSON. Throws a ZodError when the body does not match its tag: nothing malformed leaves a process. */
export function encodeEnvelope<T extends Tag>(
  header: MessageHeader & { readonly tags: T },
  body: BodyOf<T>,
): Buffer {
  return toBytes(makeFrame(header, body));
}

export function makeFrame<T extends Tag>(
  header: MessageHeader & { readonly tags: T },
  body: BodyOf<T>,
): Frame {
  const { version, body: schema } = messageTypes[header.tags];
  return {
    version,
    header: readHeader(headerSchema.parse(header), header.tags),
    body: schema.parse(body),
    encrypted: undefined,
  };
}

/** Reads an envelope in clear; see `EnvelopeCodec`. */
export function decodeEnvelope(bytes: Uint8Array): Decoded {
  const frame = readFrame(bytes);
  if ('kind' in frame) return frame;
  if (frame.encrypted === undefined) return readBody(frame, frame.body);
  throw new MessagingError(
    'EncryptionUnavailable',
    'the message is encrypted, and this service has no keys',
    {
      retryable: true,
    },
  );
}

export function toBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** Everything of an envelope but its body. */
export function readFrame(bytes: Uint8Array): Frame | Unreadable {
  const json = parseJson(bytes);
  if (json === undefined) return unreadable('UnparsableBody', 'not JSON in UTF-8');
  const parsed = frameSchema.safeParse(json.value);
  if (!parsed.success) return unreadable('InvalidMessage', z.prettifyError(parsed.error));
  const { version, header, body, encrypted } = parsed.data;
  const tag = header.tags;
  if (!isTag(tag)) return unreadable('UnknownTag', `tag ${JSON.stringify(tag)} is not one of ours`);
  const newest = messageTypes[tag].version;
  if (version > newest)
    return unreadable(
      'UnsupportedVersion',
      `${tag} has version ${version}, this service reads up to ${newest}`,
    );
  if (body !== undefined && encrypted !== undefined)
    return unreadable('InvalidMessage', 'the message has a body in clear and an encrypted one');
  return { version, header: readHeader(header, tag), body, encrypted };
}

/** The envelope of a frame with this body, once the body fits its tag. */
export function readBody({ version, header }: Frame, body: unknown): Decoded {
  const parsed = messageTypes[header.tags].body.safeParse(body);
  if (!parsed.success) return unreadable('InvalidMessage', z.prettifyError(parsed.error));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema that parsed the body is the tag's own
  return { kind: 'Read', envelope: { version, header, body: parsed.data } as Envelope };
}

export function unreadable(reason: UnreadableReason, detail: string): Unreadable {
  return { kind: 'Unreadable', reason, detail };
}

/** Without the parser's own message, which quotes what it could not parse. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

function readHeader(header: z.infer<typeof headerSchema>, tags: Tag): MessageHeader {
  const { sequence, ...rest } = header;
  return { ...rest, tags, ...(sequence === undefined ? {} : { sequence }) };
}
