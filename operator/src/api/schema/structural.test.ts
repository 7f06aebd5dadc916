import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { atomicList, boundedMap, mapList, named, text, withRules } from './authoring.ts';
import { toStructural } from './structural.ts';

const described = <S extends z.ZodType>(schema: S): S => schema.describe('a field');
const only = (schema: z.ZodType) =>
  toStructural(z.object({ a: described(schema) }), '').schema.properties?.['a'];

describe('toStructural', () => {
  it.each([
    ['a short number', z.int32().min(1).max(9), { type: 'integer', format: 'int32', minimum: 1, maximum: 9 }],
    ['any int32', z.int32(), { type: 'integer', format: 'int32' }],
    ['a long number', z.int(), { type: 'integer', format: 'int64' }],
    ['an enumeration', z.enum(['A', 'B']), { type: 'string', enum: ['A', 'B'] }],
    ['one value', z.literal('A'), { type: 'string', enum: ['A'] }],
    ['some numbers', z.literal([1, 3]), { type: 'integer', format: 'int32', enum: [1, 3] }],
    [
      'a text',
      text({ max: 9, pattern: /^a$/, sample: 'a' }),
      { type: 'string', minLength: 1, maxLength: 9, pattern: '^a$' },
    ],
    ['a time', z.iso.datetime(), { type: 'string', format: 'date-time' }],
    [
      'a map',
      boundedMap(z.string().max(5), 3),
      { type: 'object', maxProperties: 3, additionalProperties: { type: 'string', maxLength: 5 } },
    ],
    [
      'a list',
      atomicList(z.string().max(5), 3),
      {
        type: 'array',
        maxItems: 3,
        items: { type: 'string', maxLength: 5 },
        'x-kubernetes-list-type': 'atomic',
      },
    ],
    [
      'an int or string',
      z.union([z.int(), z.string().max(5).regex(/^a$/)]).meta({ 'x-kubernetes-int-or-string': true }),
      {
        anyOf: [{ type: 'integer' }, { type: 'string' }],
        'x-kubernetes-int-or-string': true,
        maxLength: 5,
        pattern: '^a$',
      },
    ],
  ])('writes %s', (_, schema, expected) => {
    expect(only(schema)).toEqual({ description: 'a field', ...expected });
  });

  it('writes a list map with its key', () => {
    expect(only(mapList(z.object({ name: z.string().max(5).describe('n') }), 'name', 2))).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { required: ['name'] },
    });
  });

  it('asks for what has no default and is not optional', () => {
    const schema = z.object({
      must: z.boolean().describe('m'),
      may: z.boolean().exactOptional().describe('o'),
      has: z.boolean().default(true).describe('d'),
    });
    expect(toStructural(schema, '').schema.required).toEqual(['must']);
  });

  it('spells out the defaults inside a default', () => {
    const inner = z.object({
      b: z.int32().default(2).describe('b'),
      c: z.boolean().exactOptional().describe('c'),
    });
    const outer = z.object({ i: inner.prefault({}).describe('i'), a: z.int32().default(1).describe('a') });
    expect(only(outer.prefault({}))?.default).toEqual({ a: 1, i: { b: 2 } });
    expect(only(outer.prefault({ i: { b: 7 } }))?.default).toEqual({ a: 1, i: { b: 7 } });
  });

  it('writes rules as CEL and keeps their examples out of it', () => {
    const schema = withRules(z.int32(), {
      id: 'grows',
      rule: 'self >= oldSelf',
      message: 'it must grow',
      accepts: { from: 1, value: 2 },
      refuses: { from: 2, value: 1 },
    });
    const { schema: root, fields } = toStructural(z.object({ a: described(named('Thing', schema)) }), 'spec');
    expect(root.properties?.['a']).toEqual({
      description: 'a field',
      type: 'integer',
      format: 'int32',
      'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'it must grow' }],
    });
    expect(fields.map(({ path, typeName, rules }) => [path, typeName, rules.map(({ id }) => id)])).toEqual([
      ['spec', undefined, []],
      ['spec.a', 'Thing', ['grows']],
    ]);
  });

  it.each([
    ['a union', z.union([z.string().max(1), z.boolean()]), /union/],
    ['anything', z.unknown(), /no type/],
    ['a date', z.date(), /Date/],
    ['a strict and open object', z.looseObject({ b: described(z.boolean()) }), /exclude each other/],
    [
      'a map over fixed keys',
      z.record(z.enum(['x']), z.boolean()).meta({ maxProperties: 1 }),
      /list the keys/,
    ],
    ['an endless text', z.string(), /maximum length/],
    ['an endless list', z.array(z.boolean()), /a maximum/],
    ['an endless map', z.record(z.string(), z.boolean()), /maximum number of entries/],
    [
      'a look-ahead',
      z
        .string()
        .max(9)
        .regex(/^(?!a)/),
      /RE2/,
    ],
    ['a tuple', z.tuple([z.boolean()]), /structural|union|items|maximum/],
    ['a nullable without form', z.boolean().nullable(), /nullable has no structural form/],
    ['a recursive type', recursive(), /ycle|ref/],
  ])('refuses %s', (_, schema, message) => {
    expect(() => only(schema)).toThrow(message);
  });

  it('refuses a field without a description', () => {
    expect(() => toStructural(z.object({ a: z.boolean() }), 'spec')).toThrow(/a has no description/);
  });
});

function recursive(): z.ZodType {
  const node: z.ZodType = z.object({
    get child() {
      return described(node);
    },
  });
  return node;
}
