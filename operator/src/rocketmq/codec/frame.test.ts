import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { anyCommand, chunksOf } from '../testing/arbitraries.ts';
import { MalformedFrame, type Command } from './command.ts';
import { encodeFrame, FrameDecoder, type SerializeType } from './frame.ts';

const limit = 1024 * 1024;

/** Header objects have no prototype; comparing needs plain ones. */
const plain = (command: Command): unknown => ({
  ...command,
  extFields: { ...command.extFields },
  body: command.body.toString('hex'),
});

const decode = (bytes: Buffer, maxFrameBytes = limit): unknown[] =>
  new FrameDecoder(maxFrameBytes).push(bytes).map(plain);

/** Written by RocketMQ's own classes: code 105, topic TopicA, opaque 3, body "x". */
const reference = {
  code: 105,
  opaque: 3,
  flag: 0,
  version: 0,
  language: 'JAVA',
  extFields: { topic: 'TopicA' },
  body: Buffer.from('x'),
};
const referenceBinary = Buffer.from(
  '0000002b 01000026 0069 00 0000 00000003 00000000 00000000 00000011 0005 746f706963 00000006 546f70696341 78'.replaceAll(
    ' ',
    '',
  ),
  'hex',
);
const referenceJson = Buffer.concat([
  Buffer.from('000000830000007e', 'hex'),
  Buffer.from(
    '{"code":105,"extFields":{"topic":"TopicA"},"flag":0,"language":"JAVA","opaque":3,"serializeTypeCurrentRPC":"JSON","version":0}x',
  ),
]);

describe('frames that RocketMQ wrote', () => {
  it.each([
    ['binary', referenceBinary],
    ['JSON', referenceJson],
  ])('decodes the %s one', (_name, bytes) => {
    expect(decode(bytes)).toEqual([plain(reference)]);
  });

  it('encodes the binary one byte for byte', () => {
    expect(encodeFrame(reference, 'ROCKETMQ').toString('hex')).toBe(referenceBinary.toString('hex'));
  });

  it('encodes the JSON one to the same lengths', () => {
    expect(encodeFrame(reference).subarray(0, 8).toString('hex')).toBe('000000830000007e');
  });

  it('reads a response without extension fields, remark or body', () => {
    const header =
      '{"code":0,"flag":1,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON","version":513}';
    const start = Buffer.alloc(8);
    start.writeUInt32BE(4 + header.length, 0);
    start.writeUInt32BE(header.length, 4);
    expect(decode(Buffer.concat([start, Buffer.from(header)]))).toEqual([
      { code: 0, flag: 1, language: 'JAVA', opaque: 7, version: 513, extFields: {}, body: '' },
    ]);
  });
});

describe('round trip', () => {
  it.each<SerializeType>(['JSON', 'ROCKETMQ'])('%s: any commands, cut anywhere', (type) => {
    fc.assert(
      fc.property(
        fc.array(anyCommand, { minLength: 1, maxLength: 4 }).chain((commands) => {
          const bytes = Buffer.concat(commands.map((command) => encodeFrame(command, type)));
          return fc.tuple(fc.constant(commands), chunksOf(bytes));
        }),
        ([commands, chunks]) => {
          const decoder = new FrameDecoder(limit);
          const decoded = chunks.flatMap((chunk) => decoder.push(chunk));
          expect(decoded.map(plain)).toEqual(commands.map(plain));
          expect(decoder.bufferedBytes).toBe(0);
        },
      ),
    );
  });

  it('holds codes above 32767 in JSON and refuses them in binary', () => {
    const pop = { ...reference, code: 200_050 };
    expect(decode(encodeFrame(pop))).toEqual([plain(pop)]);
    expect(() => encodeFrame(pop, 'ROCKETMQ')).toThrow('out of range');
  });
});

const withHeader = (header: string): Buffer => {
  const start = Buffer.alloc(8);
  start.writeUInt32BE(4 + header.length, 0);
  start.writeUInt32BE(header.length, 4);
  return Buffer.concat([start, Buffer.from(header)]);
};

describe('malformed input', () => {
  it.each([
    ['a frame too short for its mark', Buffer.from('0000000300000000', 'hex')],
    ['a header longer than its frame', Buffer.from('00000008000000ff00000000', 'hex')],
    ['a frame above the limit', Buffer.from('7fffffff00000000', 'hex')],
    ['a negative length', Buffer.from('ffffffff00000000', 'hex')],
    ['an unknown serialize type', Buffer.from('0000000402000000', 'hex')],
    ['a header that is not JSON', withHeader('{"code":')],
    ['a header that is no object', withHeader('[1]')],
    ['a header without opaque', withHeader('{"code":1}')],
    ['an opaque beyond int32', withHeader('{"code":1,"opaque":2147483648}')],
    ['extension fields that are no object', withHeader('{"code":1,"opaque":1,"extFields":[]}')],
    ['an extension field that is no string', withHeader('{"code":1,"opaque":1,"extFields":{"a":{}}}')],
    ['a binary header that ends early', Buffer.from('000000060100000200690000', 'hex').subarray(0, 10)],
    [
      'a binary text longer than its header',
      Buffer.from('0000001501000011006900000000000003000000007fffffff', 'hex'),
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(() => decode(bytes)).toThrow(MalformedFrame);
  });

  it('never does anything but decode or refuse, and never holds more than arrived', () => {
    const mutated = anyCommand.chain((command) => {
      const bytes = encodeFrame(command, command.opaque % 2 === 0 ? 'JSON' : 'ROCKETMQ');
      const edits = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
        maxLength: 6,
      });
      return fc.tuple(edits, fc.nat({ max: bytes.length })).map(([places, length]) => {
        const broken = Buffer.from(bytes);
        for (const [at, value] of places) broken[at] = value;
        return broken.subarray(0, length);
      });
    });
    const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.oneof(mutated, noise).chain((bytes) => chunksOf(bytes)),
        (chunks) => {
          const decoder = new FrameDecoder(limit);
          const { problem, arrived } = feed(decoder, chunks);
          expect(problem === undefined || problem instanceof MalformedFrame).toBe(true);
          expect(decoder.allocatedBytes).toBeLessThanOrEqual(2 * arrived);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes a large frame byte by byte without copying it each time', () => {
    const bytes = encodeFrame({ ...reference, body: Buffer.alloc(200_000, 'x') });
    const decoder = new FrameDecoder(limit);
    let decoded: Command[] = [];
    for (let at = 0; at < bytes.length; at++) decoded = decoder.push(bytes.subarray(at, at + 1));
    expect(decoded).toHaveLength(1);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('does not believe a claimed length', () => {
    const decoder = new FrameDecoder(64 * limit);
    decoder.push(Buffer.from('03ffffff000000ff', 'hex'));
    expect(decoder.allocatedBytes).toBeLessThan(100);
  });
});

function feed(decoder: FrameDecoder, chunks: readonly Buffer[]): { problem?: unknown; arrived: number } {
  let arrived = 0;
  for (const chunk of chunks) {
    arrived += chunk.length;
    try {
      decoder.push(chunk);
    } catch (problem) {
      return { problem, arrived };
    }
  }
  return { arrived };
}
