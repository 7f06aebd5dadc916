import * as fc from 'fast-check';
import type { Command } from '../codec/command.ts';

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

/** A command that both header encodings can hold: binary has 16-bit codes and no empty texts. */
export const anyCommand: fc.Arbitrary<Command> = fc
  .record({
    code: fc.integer({ min: 0, max: 0x7fff }),
    opaque: int32,
    flag: fc.integer({ min: 0, max: 3 }),
    version: fc.integer({ min: 0, max: 0x7fff }),
    language: fc.constantFrom('JAVA', 'OTHER', 'GO', 'NODE_JS'),
    remark: fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: undefined }),
    extFields: fc.dictionary(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      { noNullPrototype: false },
    ),
    body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  })
  .map(({ remark, ...command }) => (remark === undefined ? command : { ...command, remark }));

/** Cuts bytes at arbitrary places, as a network does. */
export function chunksOf(bytes: Buffer): fc.Arbitrary<readonly Buffer[]> {
  return fc.uniqueArray(fc.nat({ max: bytes.length }), { maxLength: 20 }).map((cuts) => {
    const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
    return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  });
}
