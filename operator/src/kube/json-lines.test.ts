import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonLines } from './json-lines.ts';

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
  await Promise.resolve();
}

async function read(parts: readonly Uint8Array[], maxLineBytes?: number): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(chunks(parts), maxLineBytes)) values.push(value);
  return values;
}

describe('JSON lines', () => {
  it('come out whole however the bytes are cut, also inside a character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (values, sizes) => {
          const text = Buffer.from(values.map((value) => `${JSON.stringify({ value, e: '€' })}\n`).join(''));
          const parts: Uint8Array[] = [];
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = sizes[i % sizes.length] ?? 1;
            parts.push(text.subarray(at, at + size));
            at += size;
          }
          const expected = values.map((value) => JSON.parse(JSON.stringify({ value, e: '€' })) as unknown);
          expect(await read(parts)).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('may be empty', async () => {
    expect(await read([Buffer.from('\n{}\n\n')])).toEqual([{}]);
    expect(await read([])).toEqual([]);
  });

  it.each([
    ['too large in one chunk', [Buffer.from(`"${'x'.repeat(20)}"\n`)]],
    ['too large over many chunks', Array.from({ length: 20 }, () => Buffer.from('xx'))],
    ['broken', [Buffer.from('{"password": sesame\n')]],
    ['cut off', [Buffer.from('{}\n{"a"')]],
  ])('that are %s are a Protocol error which quotes nothing', async (_, parts) => {
    const error: unknown = await read(parts, 20).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'Protocol' });
    expect(String(error)).not.toContain('sesame');
  });
});
