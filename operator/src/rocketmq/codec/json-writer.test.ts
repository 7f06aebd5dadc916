import { describe, expect, it } from '@jest/globals';
import { EntryList, type JsonValue } from './json-value.ts';
import { writeJson } from './json-writer.ts';

describe('writeJson', () => {
  it.each<[JsonValue, string]>([
    [{ 0: 'a', 'b"': [1, null, true] }, String.raw`{"0":"a","b\"":[1,null,true]}`],
    [{ endOffset: 9223372036854775807n }, '{"endOffset":9223372036854775807}'],
    [-0, '0'],
    ['\ud800', String.raw`"\ud800"`],
  ])('%p', (value, text) => {
    expect(writeJson(value)).toBe(text);
  });

  it.each<[string, JsonValue]>([
    ['NaN', [Number.NaN]],
    ['infinity', { a: Infinity }],
    ['keys that are objects', new EntryList([[{}, 1]])],
  ])('refuses %s, which other parsers would', (_name, value) => {
    expect(() => writeJson(value)).toThrow(TypeError);
  });
});
