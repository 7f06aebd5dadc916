import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readJson } from './json-reader.ts';
import { EntryList } from './json-value.ts';
import { writeJson } from './json-writer.ts';

const queueKey = '{"brokerName":"broker-a","queueId":1,"topic":"TopicA"}';
const queue = { brokerName: 'broker-a', queueId: 1, topic: 'TopicA' };

describe('what RocketMQ writes', () => {
  it.each<[string, string, unknown]>([
    [
      'bare integer keys (106)',
      '{"brokerAddrTable":{"broker-a":{"brokerAddrs":{0:"10.0.0.1:10911",1:"10.0.0.2:10911"},"brokerName":"broker-a","cluster":"C1","enableActingMaster":false}},"clusterAddrTable":{"C1":["broker-a"]}}',
      {
        brokerAddrTable: {
          'broker-a': {
            brokerAddrs: { '0': '10.0.0.1:10911', '1': '10.0.0.2:10911' },
            brokerName: 'broker-a',
            cluster: 'C1',
            enableActingMaster: false,
          },
        },
        clusterAddrTable: { C1: ['broker-a'] },
      },
    ],
    [
      'offsets by queue (43)',
      '{"offsetTable":{"T@G":{0:3,1:2}}}',
      { offsetTable: { 'T@G': { '0': 3, '1': 2 } } },
    ],
    ['negative integer keys', '{-1:"a"}', { '-1': 'a' }],
    ['an int64 (1007)', '{"endOffset":9223372036854775807}', { endOffset: 9223372036854775807n }],
    ['a negative int64', '[-9223372036854775808]', [-9223372036854775808n]],
    ['exact large integers stay numbers', '[9007199254740991]', [9007199254740991]],
    ['not-a-number and infinities', '[NaN,Infinity,-Infinity]', [Number.NaN, Infinity, -Infinity]],
    ['doubles as Java writes them', '{0:1.0E10,1:0.0}', { '0': 1e10, '1': 0 }],
    ['identifiers as keys', '{a:1,$b:2,c_d:true}', { a: 1, $b: 2, c_d: true }],
    ['white space', ' { 0 : [ 1 , null ] } ', { '0': [1, null] }],
    ['escapes', String.raw`{0:"a\"b\\\u0041\n"}`, { '0': 'a"b\\A\n' }],
    ['empty structures', '{0:{},1:[]}', { '0': {}, '1': [] }],
    [
      'a reference',
      '{"a":{"x":[1,{"y":2}]},"b":{"$ref":"$.a.x[1]"}}',
      { a: { x: [1, { y: 2 }] }, b: { y: 2 } },
    ],
    ['a reference to a reference', '{"a":{"$ref":"$.b"},"b":{"$ref":"$.c"},"c":1}', { a: 1, b: 1, c: 1 }],
    ['a key that looks like a prototype', '{0:1,"__proto__":2}', JSON.parse('{"0":1,"__proto__":2}')],
  ])('%s', (_name, text, value) => {
    expect(readJson(text)).toEqual(value);
  });

  it('keeps maps whose keys are objects as entries (202, 208)', () => {
    const value = readJson(`{${queueKey}:{"maxOffset":5},{"brokerName":"b","queueId":0,"topic":"t"}:7}`);
    expect(value).toBeInstanceOf(EntryList);
    expect(value).toEqual(
      new EntryList([
        [queue, { maxOffset: 5 }],
        [{ brokerName: 'b', queueId: 0, topic: 't' }, 7],
      ]),
    );
  });

  it('reads an object as a key inside an otherwise plain body', () => {
    const value = readJson(`{"offsetTable":{${queueKey}:{"minOffset":0}},"topicPutTps":0.0}`);
    expect(value).toEqual({ offsetTable: new EntryList([[queue, { minOffset: 0 }]]), topicPutTps: 0 });
  });
});

describe('what is not JSON in any sense', () => {
  it.each([
    [''],
    ['{'],
    ['{0:}'],
    ['{0:1'],
    ['{0:1,}'],
    ['[1,]'],
    ['{0:1}x'],
    ['{0:tru}'],
    ['{0:constructor}'],
    ['{0:"a}'],
    ['{0:01}'],
    ['{0:"\u0001"}'],
    ['{0:-}'],
    ['{null'],
    [`[${'9'.repeat(41)}]`],
    ['{0:'.repeat(100) + '1' + '}'.repeat(100)],
    ['{{'.repeat(100)],
    ['['.repeat(5000) + 'NaN'],
    ['{"a":{"$ref":"$.b"}}'],
    ['{"a":{"$ref":".."}}'],
    ['{"a":{"$ref":"$.b"},"b":{"$ref":"$.a"}}'],
    ['{"a":{"b":{"$ref":"$.a"},"c":{"$ref":"$.a"}}}'],
  ])('refuses %j', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });

  it('never repeats the text in the error', () => {
    expect(() => readJson('{0:"hunter2"')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('properties', () => {
  it('agrees with JSON.parse on standard JSON, on both paths', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        expect(rounded(readJson(text))).toEqual(JSON.parse(text));
        // A bare key sends the whole text through the lenient parser.
        expect(rounded(readJson(`{0:${text}}`))).toEqual({ '0': JSON.parse(text) });
      }),
    );
  });

  it('reads what it wrote, exactly', () => {
    const leaf = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.maxSafeInteger(), int64);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3, noNullPrototype: false }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = writeJson(asJson(value));
        expect(writeJson(readJson(text))).toBe(text);
      }),
    );
  });

  it('reads or refuses any text, without another error', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '0',
      '-',
      '1.5e3',
      'NaN',
      'null',
      '"a"',
      '\\',
      ' ',
      '$ref',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        expect(outcomeOf(parts.join(''))).toMatch(/^(?:read|SyntaxError)$/);
      }),
      { numRuns: 500 },
    );
  });
});

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
});

function asJson(value: unknown): Parameters<typeof writeJson>[0] {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value === null || typeof value === 'bigint') return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object') throw new TypeError('not a JSON value');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
}

function outcomeOf(text: string): string {
  try {
    readJson(text);
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}

/** With integers as JSON.parse reads them. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}
