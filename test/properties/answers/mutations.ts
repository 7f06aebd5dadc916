/** What may become of an answer between a server that is ill and the operator. */
import * as fc from 'fast-check';
import type { Command } from '../../../operator/src/rocketmq/codec/command.ts';
import { encodeFrame } from '../../../operator/src/rocketmq/codec/frame.ts';
import { readJson } from '../../../operator/src/rocketmq/codec/json-reader.ts';
import { changedAt, scalar, sizeOf, textOf, treeOf, type Change, type Tree } from './fastjson.ts';

/**
 * What is written in place of the answer, in frames, and whether the server then hangs up.
 * `lies`: a broker that said so consistently could not be told from one that means it.
 */
export interface Mutation {
  readonly words: string;
  readonly lies: boolean;
  apply(answer: Command): { readonly bytes: Buffer; readonly hangUp: boolean };
  /** What fast-check shows of it. */
  readonly [fc.toStringMethod]: () => string;
}

const kept = (bytes: Buffer) => ({ bytes, hangUp: false });

const mutation = (words: string, apply: Mutation['apply'], lies = false): Mutation => ({
  words,
  lies,
  apply,
  [fc.toStringMethod]: () => words,
});

const header = (words: string, change: (answer: Command) => Partial<Command>, lies = false): Mutation =>
  mutation(words, (answer) => kept(encodeFrame({ ...answer, ...change(answer) })), lies);

const body = (words: string, change: (text: string) => string, lies = false): Mutation =>
  header(words, ({ body: bytes }) => ({ body: Buffer.from(change(bytes.toString('utf8'))) }), lies);

const codes = [
  0, 1, 2, 3, 14, 16, 17, 22, 24, 26, 29, 206, 215, 1500, 2007, 2008, 2010, 2011, 2012, -1, 99_999,
];
const longText = 'x'.repeat(300_000);

/** What is put in place of a value. */
const odd: readonly string[] = [
  'null',
  'true',
  '""',
  '"a"',
  '"5"',
  '-1',
  '-0',
  '0',
  '1.5',
  '2147483648',
  '-9223372036854775808',
  '9223372036854775807',
  '1e400',
  '99999999999999999999999999999999999999999999999999',
  'NaN',
  'Infinity',
  'undefined',
  '['.repeat(5_000) + ']'.repeat(5_000),
  '[]',
  '{}',
  '[1]',
  '[[[]]]',
  '{"$ref":"$"}',
  '{"$ref":"$.offsetTable"}',
  '{0:1}',
  '{{"a":1}:2}',
  '{"__proto__":{"a":1}}',
  '"\\u0000\\ud800"',
  JSON.stringify(longText),
];

/** Those that make a table, a list or a text say less, or another thing, in a way that is well-formed. */
const mayLie: ReadonlySet<string> = new Set(['[]', '{}', '""', '"a"', '"5"', '0', '-0', 'true', 'null']);

const replaced = fc
  .constantFrom(...odd)
  .map((text): [string, Change, boolean] => [
    `becomes ${text.slice(0, 40)}`,
    () => [scalar(text)],
    mayLie.has(text),
  ]);
const changes = fc.oneof(
  { weight: 6, arbitrary: replaced },
  {
    weight: 4,
    arbitrary: fc.constantFrom<[string, Change, boolean]>(
      ['is left out', () => [], true],
      ['comes twice', (node) => [node, node], true],
      ['comes 2,000 times', (node) => Array.from({ length: 2_000 }, () => node), true],
      ['is wrapped in a list', (node) => [{ kind: 'List', items: [node] }], false],
      ['is wrapped in a map', (node) => [{ kind: 'Map', entries: [[scalar('"value"'), node]] }], false],
      ['becomes a text', (node) => [scalar(JSON.stringify(textOf(node)))], false],
      ['loses its quotes', (node) => [scalar(textOf(node).replaceAll('"', ''))], true],
      ['gets a sign', (node) => [scalar(`-${textOf(node)}`)], false],
      ['gets more digits', (node) => [scalar(`${textOf(node)}000000000000`)], true],
    ),
  },
);

const inBody = fc.tuple(fc.nat(), changes).map(([at, [words, change, lies]]) =>
  body(
    `node ${at} of the body ${words}`,
    (text) => {
      const tree = parsed(text);
      return tree === undefined ? text : textOf(changedAt(tree, at % sizeOf(tree), change));
    },
    lies,
  ),
);

const ofText = fc.constantFrom(
  body('the body is empty', () => '', true),
  body('the body is a page of a proxy', () => '<html><body>502 Bad Gateway</body></html>'),
  body('the body is null', () => 'null'),
  body('the body is nested 100,000 deep', () => '['.repeat(100_000)),
  body('the body is a map nested 100,000 deep', () => '{"a":'.repeat(100_000)),
  body('the body comes twice', (text) => `${text}${text}`),
  body('the body ends early', (text) => text.slice(0, Math.floor(text.length / 2))),
  body('the body is quoted', (text) => JSON.stringify(text)),
  body('the body has commas at its ends', (text) => text.replaceAll('}', ',}')),
  body('the body has single quotes', (text) => text.replaceAll('"', "'")),
  body('all numbers are negative', (text) => text.replaceAll(/:(\d)/g, ':-$1'), true),
  body('all keys are bare', (text) => text.replaceAll(/"([a-zA-Z]+)":/g, '$1:')),
  body('all integer keys are quoted', (text) => text.replaceAll(/([{,])(\d+):/g, '$1"$2":')),
);

const ofHeader = fc.oneof(
  fc.constantFrom(...codes).map((code) => header(`the code is ${code}`, () => ({ code }))),
  fc
    .constantFrom(0, -1, 2 ** 31 - 1)
    .map((opaque) => header(`it answers request ${opaque}`, () => ({ opaque }))),
  fc
    .integer({ min: -3, max: 3 })
    .map((by) => header(`it answers request ${by} further on`, ({ opaque }) => ({ opaque: opaque + by }))),
  fc.constantFrom(0, 2, 3).map((flag) => header(`the flag is ${flag}`, () => ({ flag }))),
  fc
    .constantFrom('', 'a\u0000b\n\tat java.base', longText)
    .map((remark) => header(`it is refused with ${remark.length} characters`, () => ({ code: 1, remark }))),
  fc
    .constantFrom('', '-1', ' ', '1.5', 'NaN', '0x10', '9'.repeat(40), 'h:1', '1;2;;', longText)
    .map((value) =>
      header(
        `all extension fields are ${value.slice(0, 20)}`,
        ({ extFields }) => ({
          extFields: Object.fromEntries(Object.keys(extFields).map((key) => [key, value])),
        }),
        true,
      ),
    ),
  fc.constant(header('there are no extension fields', () => ({ extFields: {} }))),
);

const ofFrame = fc.oneof(
  fc.array(fc.nat(), { minLength: 1, maxLength: 4 }).map((bits) =>
    mutation(`bits ${bits.join(', ')} flip`, (answer) => {
      const bytes = encodeFrame(answer);
      for (const bit of bits) {
        const at = (bit >> 3) % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      }
      return kept(bytes);
    }),
  ),
  fc.tuple(fc.nat(), fc.boolean()).map(([at, hangUp]) =>
    mutation(`it ends after ${at} bytes, and the server ${hangUp ? 'hangs up' : 'stays'}`, (answer) => {
      const bytes = encodeFrame(answer);
      return { bytes: bytes.subarray(0, at % bytes.length), hangUp };
    }),
  ),
  fc.constantFrom(0, 3, 4, 2 ** 26, 2 ** 26 + 1, 2 ** 31, 2 ** 32 - 1).map((length) =>
    mutation(`its length is ${length}`, (answer) => {
      const bytes = encodeFrame(answer);
      bytes.writeUInt32BE(length, 0);
      return kept(bytes);
    }),
  ),
  fc.constantFrom(0, 1, 0xff_ffff, 0x0100_0000, 0x0200_0010, 0xffff_ffff).map((mark) =>
    mutation(`its header is marked ${mark}`, (answer) => {
      const bytes = encodeFrame(answer);
      bytes.writeUInt32BE(mark, 4);
      return kept(bytes);
    }),
  ),
  fc.constantFrom(
    mutation('it comes twice', (answer) => kept(Buffer.concat([encodeFrame(answer), encodeFrame(answer)]))),
    mutation('it comes in the other encoding', (answer) => kept(encodeFrame(answer, 'ROCKETMQ'))),
    mutation('it comes after 500 answers to nobody', (answer) =>
      kept(
        Buffer.concat([
          ...Array.from({ length: 500 }, (_, index) => encodeFrame({ ...answer, opaque: 1_000_000 + index })),
          encodeFrame(answer),
        ]),
      ),
    ),
    mutation('it comes after a request of the server', (answer) =>
      kept(Buffer.concat([encodeFrame({ ...answer, flag: 0, code: 40 }), encodeFrame(answer)])),
    ),
    mutation('another answer to the same request comes first', (answer) =>
      kept(Buffer.concat([encodeFrame({ ...answer, body: Buffer.from('{}') }), encodeFrame(answer)])),
    ),
  ),
);

export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: inBody },
  { weight: 1, arbitrary: ofText },
  { weight: 2, arbitrary: ofHeader },
  { weight: 2, arbitrary: ofFrame },
);

function parsed(text: string): Tree | undefined {
  try {
    return treeOf(readJson(text));
  } catch {
    return undefined;
  }
}
