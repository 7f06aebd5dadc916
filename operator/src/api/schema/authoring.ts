import * as z from 'zod';

/** Any JSON value, as it travels to and from the API server. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value of the field that carries the rule: merged (RFC 7386) over the smallest valid value of that field. */
export interface RuleExample {
  /** What is stored before the edit. Only for rules about edits. */
  readonly from?: Json;
  readonly value: Json;
}

/**
 * A rule that one field's own type cannot say. It is declared once, next to the field, and becomes CEL in the
 * CRD, a check of `parse…`, a line of the reference and two cases of the integration test.
 */
export interface Rule {
  /** Unique within a kind, in kebab-case. */
  readonly id: string;
  /** CEL, evaluated by the API server. */
  readonly rule: string;
  /** Says what is wrong and what to do. */
  readonly message: string;
  readonly accepts: RuleExample;
  readonly refuses: RuleExample;
}

/** A rule about an object at rest: `holds` says the same as the CEL, for an object that is already stored. */
interface StateRule<T = never> extends Rule {
  readonly holds: (value: T) => boolean;
}

/** A rule about an edit: its CEL has `oldSelf`, so only the API server can check it. */
interface EditRule extends Rule {
  readonly holds?: never;
  readonly accepts: Required<RuleExample>;
  readonly refuses: Required<RuleExample>;
}

export type DeclaredRule<T = never> = StateRule<T> | EditRule;

/** Keys of zod metadata that are ours and never reach the CRD. */
export const rulesKey = 'x-gantry-rules';
export const typeNameKey = 'x-gantry-type';
export const sampleKey = 'x-gantry-sample';

/** Attaches rules: to the runtime schema as refinements, to the CRD as CEL. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly DeclaredRule<z.output<S>>[]): S {
  let refined: S = schema;
  for (const { holds, message } of rules) {
    if (holds) refined = refined.refine((value) => holds(value), { message });
  }
  return refined.meta({ ...schema.meta(), [rulesKey]: rules });
}

/** A type used in several places: the reference describes it once, under this name. */
export function named<S extends z.ZodType>(name: string, schema: S): S {
  return schema.meta({ ...schema.meta(), [typeNameKey]: name });
}

/** A string with a pattern. `sample` matches it and serves the generated test cases. */
export function text(options: { max: number; pattern: RegExp; sample: string }): z.ZodString {
  return z
    .string()
    .min(1)
    .max(options.max)
    .regex(options.pattern)
    .meta({ [sampleKey]: options.sample });
}

/** A list that the server merges by key and that refuses two items of one key. */
export function mapList<S extends z.ZodType>(item: S, key: string & keyof z.output<S>, max: number) {
  return z
    .array(item)
    .max(max)
    .refine((items) => new Set(items.map((each) => each[key])).size === items.length, {
      message: `two items have the same ${key}`,
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

/** A list of plain values, each at most once. */
export function setList<S extends z.ZodType<string>>(item: S, max: number) {
  return z
    .array(item)
    .max(max)
    .refine((items) => new Set(items).size === items.length, { message: 'a value is given twice' })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** A list that is replaced as a whole. */
export function atomicList<S extends z.ZodType>(item: S, max: number) {
  return z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' });
}

/** A map with a bound on its size: the structural schema has no other way to limit the cost of CEL. */
export function boundedMap<S extends z.ZodType>(value: S, max: number) {
  return z
    .record(z.string(), value)
    .refine((map) => Object.keys(map).length <= max, { message: `must have at most ${max} entries` })
    .meta({ maxProperties: max });
}

/** What JSON gives for `T`: nothing can be changed, and a key that is present has a value. */
export type Stored<T> = T extends readonly (infer U)[]
  ? readonly Stored<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Stored<Exclude<T[K], undefined>> }
    : T;
