import * as z from 'zod';
import { type Json, type Rule, rulesKey, sampleKey, typeNameKey } from './authoring.ts';

/** OpenAPI v3 as a CustomResourceDefinition takes it: every node has a type, no unions, no references. */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  default?: Json;
  format?: string;
  enum?: Json[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  anyOf?: StructuralSchema[];
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

/** One field of a kind, with all that the CRD cannot carry. `[]` in a path is any item, `*` any key of a map. */
export interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly required: boolean;
  readonly rules: readonly Rule[];
  /** Name of a type that several fields share; its own fields follow it all the same. */
  readonly typeName?: string;
  /** A text that matches the pattern. */
  readonly sample?: string;
}

export interface Structural {
  readonly schema: StructuralSchema;
  /** In the order of declaration, parents first; the root is the first. */
  readonly fields: readonly Field[];
}

const kept = new Set(
  [
    'type description default format enum pattern minLength maxLength minimum maximum minItems maxItems',
    'maxProperties required anyOf x-kubernetes-int-or-string x-kubernetes-list-type x-kubernetes-list-map-keys',
  ].flatMap((line) => line.split(' ')),
);
const walked = new Set(['properties', 'additionalProperties', 'items']);
/** What the server would refuse or lose in silence and what nobody misses. */
const dropped = new Set(['$schema', 'id', rulesKey, sampleKey, typeNameKey]);

const safe = Number.MAX_SAFE_INTEGER;
const int32 = 2 ** 31;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isRules = (value: unknown): value is readonly Rule[] =>
  Array.isArray(value) && value.every((each) => isObject(each) && typeof each['rule'] === 'string');

/** @throws Error for whatever a structural schema, RE2 or a bounded CEL cost cannot express. */
export function toStructural(schema: z.ZodType, path: string): Structural {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    // Defaulted keys are not required of the user.
    io: 'input',
    unrepresentable: 'throw',
    cycles: 'throw',
    reused: 'inline',
  });
  const fields: Field[] = [];
  const root = walk(json, path, true, fields);
  return { schema: root, fields };
}

function walk(node: unknown, path: string, required: boolean, fields: Field[]): StructuralSchema {
  const fail = (why: string): never => {
    throw new Error(`${path}: ${why}`);
  };
  if (!isObject(node)) return fail('additionalProperties must be a schema, not a boolean');

  const out: StructuralSchema = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (kept.has(keyword)) Object.assign(out, { [keyword]: structuredClone(value) });
    else if (!walked.has(keyword) && !dropped.has(keyword)) fail(`${keyword} has no structural form`);
  }
  const rules = isRules(node[rulesKey]) ? node[rulesKey] : [];
  fields.push({
    path,
    schema: out,
    required,
    rules,
    ...(typeof node[typeNameKey] === 'string' && { typeName: node[typeNameKey] }),
    ...(typeof node[sampleKey] === 'string' && { sample: node[sampleKey] }),
  });

  if (out['x-kubernetes-int-or-string']) intOrString(out, fail);
  else if (out.anyOf) fail('a union has no structural form: use an enum with optional members and a rule');
  else if (!out.type) fail('no type: any, unknown, date, bigint, set and map have no structural form');

  numbers(out);
  strings(out, fail);
  if (out.type === 'object') objects(node, out, path, fields, fail);
  if (out.type === 'array') {
    if (out.maxItems === undefined) fail('a list needs a maximum');
    out.items = walk(node['items'], `${path}[]`, false, fields);
  }
  if (rules.length > 0) {
    out['x-kubernetes-validations'] = rules.map(({ rule, message }) => ({ rule, message }));
  }
  return out;
}

type Fail = (why: string) => never;

/** The server knows exactly one form of it, and checks the text's own constraints only beside the marker. */
function intOrString(out: StructuralSchema, fail: Fail): void {
  const members = out.anyOf ?? [];
  const texts = members.filter((member) => member.type === 'string');
  const [first] = texts;
  if (members.length !== 2 || !first || !members.some((member) => member.type === 'integer')) {
    fail('int-or-string must be a union of an integer and a string');
  }
  if (first?.pattern !== undefined) out.pattern = first.pattern;
  if (first?.maxLength !== undefined) out.maxLength = first.maxLength;
  out.anyOf = [{ type: 'integer' }, { type: 'string' }];
}

function numbers(out: StructuralSchema): void {
  // z.literal([1, 3, 5]) is a "number" for zod.
  if (out.type === 'number' && out.enum?.every((value) => Number.isInteger(value))) out.type = 'integer';
  if (out.type !== 'integer') return;
  if (out.minimum === -safe) delete out.minimum;
  if (out.maximum === safe) delete out.maximum;
  const bounds = out.enum ?? [out.minimum ?? -safe, out.maximum ?? safe];
  const narrow = bounds.every((bound) => Number(bound) >= -int32 && Number(bound) < int32);
  if (out.minimum === -int32) delete out.minimum;
  if (out.maximum === int32 - 1) delete out.maximum;
  out.format = narrow ? 'int32' : 'int64';
}

function strings(out: StructuralSchema, fail: Fail): void {
  // The server checks date-time by itself, and zod's pattern has more than RE2 takes.
  if (out.format === 'date-time') delete out.pattern;
  if (out.pattern !== undefined && /\(\?[=!<]|\\[1-9]/.test(out.pattern)) {
    fail(`RE2 has no look-around and no back-references: ${out.pattern}`);
  }
  const bounded = out.maxLength !== undefined || out.enum !== undefined || out.format === 'date-time';
  if (out.type === 'string' && !bounded) fail('a string needs a maximum length: CEL is refused without');
}

function objects(
  node: Record<string, unknown>,
  out: StructuralSchema,
  path: string,
  fields: Field[],
  fail: Fail,
): void {
  const { properties, additionalProperties } = node;
  if (isObject(properties)) {
    // `false` is a strict object: pruning and strict field validation do the same for it.
    if (additionalProperties !== undefined && additionalProperties !== false) {
      fail('properties and additionalProperties exclude each other');
    }
    const needed = new Set(out.required ?? []);
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([key, child]) => [
        key,
        walk(child, path === '' ? key : `${path}.${key}`, needed.has(key), fields),
      ]),
    );
    for (const [key, child] of Object.entries(out.properties)) {
      if (child.description === undefined) fail(`${key} has no description`);
    }
  } else {
    if (additionalProperties === undefined) fail('an object needs properties, or values of one type');
    if (out.required) fail('a map over fixed keys has no structural form: list the keys');
    if (out.maxProperties === undefined) fail('a map needs a maximum number of entries');
    out.additionalProperties = walk(additionalProperties, `${path}.*`, false, fields);
  }
  if (out.required?.length === 0) delete out.required;
  // The server runs CEL on a declared default before the defaults inside it apply, so they are spelled out.
  if (out.default !== undefined) out.default = expand(out.default, out);
}

const isMap = (value: Json): value is { readonly [key: string]: Json } => isObject(value);

function expand(value: Json, schema: StructuralSchema): Json {
  if (!isMap(value)) return value;
  const filled: Record<string, Json> = { ...value };
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const own = filled[key] ?? child.default;
    if (own !== undefined) filled[key] = expand(structuredClone(own), child);
  }
  return filled;
}
