import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readProperties, writeProperties } from './properties.ts';

describe('readProperties', () => {
  it('reads unescaped lines, values with equals signs, and values over several lines', () => {
    const text = 'a=1\nb=x=y\\z\nempty=\nlong=one\n two = three\n}\nnext=2\n';
    expect([...readProperties(text)]).toEqual([
      ['a', '1'],
      ['b', 'x=y\\z'],
      ['empty', ''],
      ['long', 'one\n two = three\n}'],
      ['next', '2'],
    ]);
  });

  it('reads nothing from nothing', () => {
    expect(readProperties('').size).toBe(0);
  });
});

describe('writeProperties', () => {
  it.each([
    ['plain', 'a', '1', 'a=1\n'],
    ['a back slash', 'a', 'c:\\d', 'a=c:\\\\d\n'],
    ['line breaks', 'a', 'x\r\n\ty', 'a=x\\r\\n\\ty\n'],
    ['a leading space', 'a', '  x', 'a=\\  x\n'],
    ['signs in the key', '#a:b=c!', 'v', '\\#a\\:b\\=c\\!=v\n'],
    ['what ISO 8859-1 has not', 'a', 'é你', 'a=\\u00e9\\u4f60\n'],
  ])('escapes %s', (_name, key, value, text) => {
    expect(writeProperties(new Map([[key, value]]))).toBe(text);
  });

  it('puts every property on a line of its own, whatever its value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(writeProperties(new Map([['key', value]]))).toMatch(/^key=[ -~]*\n$/);
      }),
    );
  });
});
