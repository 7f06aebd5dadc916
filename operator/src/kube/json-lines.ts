import { KubeError } from './errors.ts';

const NEWLINE = 0x0a;

/** etcd holds at most 1.5 MiB an object by default; events of larger ones cannot be genuine. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * Splits a watch stream into its JSON values, whatever the chunks. Bytes are copied only when a line spans
 * chunks.
 * @throws KubeError `Protocol` for broken JSON, a line above the cap or a stream cut inside a line
 */
export async function* jsonLines<T>(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<T, void, undefined> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      checkSize(pendingBytes + tail.length, maxLineBytes);
      const line = pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length === 0) continue;
      let value: T;
      try {
        value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'));
      } catch {
        // The parser's message quotes the text, which may be a Secret.
        throw new KubeError('Protocol', 'an event is not valid JSON');
      }
      yield value;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      checkSize(pendingBytes, maxLineBytes);
    }
  }
  if (pendingBytes > 0) throw new KubeError('Protocol', 'the stream was cut in the middle of an event');
}

function checkSize(bytes: number, maxLineBytes: number): void {
  if (bytes > maxLineBytes) throw new KubeError('Protocol', `an event is larger than ${maxLineBytes} bytes`);
}
