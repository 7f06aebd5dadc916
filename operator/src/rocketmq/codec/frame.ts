import { MalformedFrame, type Command } from './command.ts';
import { decodeBinaryHeader, decodeJsonHeader, encodeBinaryHeader, encodeJsonHeader } from './header.ts';

const serializeTypes = { JSON: 0, ROCKETMQ: 1 } as const;

export type SerializeType = keyof typeof serializeTypes;

const lengthBytes = 4;
/** Serialize type in the highest byte, header length in the lower three. */
const markBytes = 4;
const maxHeaderBytes = 0xff_ffff;

/** Servers read both encodings and answer in their own; JSON is the one that holds every request code. */
export function encodeFrame(command: Command, type: SerializeType = 'JSON'): Buffer {
  const header = type === 'JSON' ? encodeJsonHeader(command) : encodeBinaryHeader(command);
  if (header.length > maxHeaderBytes) throw new RangeError('the header is longer than a frame can say');
  const start = Buffer.alloc(lengthBytes + markBytes);
  start.writeUInt32BE(markBytes + header.length + command.body.length, 0);
  start.writeUInt32BE(serializeTypes[type] * 2 ** 24 + header.length, lengthBytes);
  return Buffer.concat([start, header, command.body]);
}

/** Decodes what follows the frame's length. */
function decodeFrame(frame: Buffer): Command {
  const mark = frame.readUInt32BE(0);
  const headerEnd = markBytes + (mark & maxHeaderBytes);
  if (headerEnd > frame.length) throw new MalformedFrame('the header is longer than its frame');
  const header = frame.subarray(markBytes, headerEnd);
  const body = frame.subarray(headerEnd);
  switch (mark >>> 24) {
    case serializeTypes.JSON:
      return { ...decodeJsonHeader(header), body };
    case serializeTypes.ROCKETMQ:
      return { ...decodeBinaryHeader(header), body };
    default:
      throw new MalformedFrame('the serialize type is unknown');
  }
}

/**
 * Cuts a byte stream into commands. Memory grows with the bytes that arrived, never with the length that
 * a frame claims, and a stream of single bytes costs no more than one chunk.
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number;
  #buffer = Buffer.alloc(0);
  #filled = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held for the frame that is not complete yet. */
  get bufferedBytes(): number {
    return this.#filled;
  }

  get allocatedBytes(): number {
    return this.#buffer.length;
  }

  /** @throws MalformedFrame; the stream cannot be read on after that. */
  push(chunk: Buffer): Command[] {
    this.#append(chunk);
    const commands: Command[] = [];
    let start = 0;
    for (;;) {
      const frame = this.#frameAt(start);
      if (frame === undefined) break;
      commands.push(decodeFrame(frame));
      start += lengthBytes + frame.length;
    }
    this.#dropUntil(start);
    return commands;
  }

  #frameAt(start: number): Buffer | undefined {
    if (this.#filled - start < lengthBytes) return undefined;
    const length = this.#buffer.readUInt32BE(start);
    if (length < markBytes) throw new MalformedFrame('a frame is too short');
    if (length > this.#maxFrameBytes) throw new MalformedFrame(`a frame claims ${length} bytes`);
    const end = start + lengthBytes + length;
    return end > this.#filled ? undefined : this.#buffer.subarray(start + lengthBytes, end);
  }

  #append(chunk: Buffer): void {
    const needed = this.#filled + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(needed, Math.min(this.#filled * 2, this.#maxFrameBytes)));
      this.#buffer.copy(grown, 0, 0, this.#filled);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#filled);
    this.#filled = needed;
  }

  /** The buffer is replaced, not moved: the commands that were handed out still point into it. */
  #dropUntil(start: number): void {
    if (start === 0) return;
    this.#buffer = Buffer.from(this.#buffer.subarray(start, this.#filled));
    this.#filled = this.#buffer.length;
  }
}
