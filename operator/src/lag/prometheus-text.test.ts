import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleIn } from './prometheus-text.ts';

const read = (line: string) => {
  const sample = sampleIn(line, 'm');
  return sample && [Object.fromEntries(sample.labels), sample.value];
};

describe('sampleIn', () => {
  it.each([
    ['m 3', [{}, 3]],
    ['m{} 3', [{}, 3]],
    ['m{a="b"} 3.0', [{ a: 'b' }, 3]],
    ['m{a="b",c="d",} 1e3 1395066363000', [{ a: 'b', c: 'd' }, 1_000]],
    ['m{a="x} 7",b="{,="} 4', [{ a: 'x} 7', b: '{,=' }, 4]],
    [String.raw`m{a="\"\\\n"} 5`, [{ a: '"\\\n' }, 5]],
    ['m{a=""} +Inf\r', [{ a: '' }, Infinity]],
    ['m{topic="%RETRY%g|_t"} -1', [{ topic: '%RETRY%g|_t' }, -1]],
  ])('reads %s', (line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it('knows what is no number', () => {
    expect(read('m NaN')?.[1]).toBeNaN();
  });

  it.each(['', '# TYPE m gauge', 'm_total 3', 'mm{a="b"} 3', 'n{m="m"} 3'])(
    'passes over %j, which is about something else',
    (line) => {
      expect(read(line)).toBeUndefined();
    },
  );

  it.each(['m', 'm{a="b" 3', 'm{a=b} 3', 'm{a="b"}', 'm{a="b"} 3 4 5', 'm<html>'])(
    'refuses %j, which cannot be read',
    (line) => {
      expect(() => read(line)).toThrow(SyntaxError);
    },
  );

  it('gives back every label that is written as the format wants it', () => {
    const escaped = (text: string): string =>
      text
        .replaceAll('\\', '\\\\')
        .replaceAll('"', String.raw`\"`)
        .replaceAll('\n', String.raw`\n`);
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
    const texts = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '}', ' ', ',', '=', 'n') });
    fc.assert(
      fc.property(fc.dictionary(name, texts), fc.integer(), (labels, value) => {
        const list = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
        expect(read(`m{${list.join(',')}} ${value}`)).toEqual([labels, value]);
      }),
    );
  });
});
