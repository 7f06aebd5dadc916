import type { Json, Rule, RuleExample } from '../../operator/src/api/schema/authoring.ts';
import { fieldsOf, type KindDefinition } from '../../operator/src/api/schema/crd.ts';
import type { Field } from '../../operator/src/api/schema/structural.ts';

interface JsonObject {
  readonly [key: string]: Json;
}

/** An object to send, and what the server must say to it. */
export interface Case {
  readonly title: string;
  /** Stored before, when the case is an edit. */
  readonly from?: JsonObject;
  readonly object: JsonObject;
  /** Absent: accepted. */
  readonly refusal?: { readonly field: string; readonly message: RegExp | string };
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON merge patch (RFC 7386), without removal. */
function merge(base: Json | undefined, patch: Json): Json {
  if (!isObject(patch) || !isObject(base)) return patch;
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(merged[key], value);
  return merged;
}

/** Builds valid objects of a kind from its fields, and objects with one chosen value at one chosen field. */
export class Builder {
  readonly fields: readonly Field[];
  readonly #kind: KindDefinition;
  readonly #byPath: ReadonlyMap<string, Field>;

  constructor(kind: KindDefinition) {
    this.#kind = kind;
    this.fields = fieldsOf(kind).spec;
    this.#byPath = new Map(this.fields.map((field) => [field.path, field]));
  }

  field(path: string): Field {
    const field = this.#byPath.get(path);
    if (!field) throw new Error(`no field ${path}`);
    return field;
  }

  object(spec: Json, name = 'case'): JsonObject {
    const { group, version, kind } = this.#kind.type;
    return { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec };
  }

  /** The smallest valid value of a field. */
  sample(path: string): Json {
    const { schema, sample } = this.field(path);
    if (schema.properties) {
      return Object.fromEntries(
        Object.keys(schema.properties)
          .map((key) => this.field(`${path}.${key}`))
          .filter((child) => child.required)
          .map((child) => [child.path.slice(path.length + 1), this.sample(child.path)]),
      );
    }
    if (sample !== undefined) return sample;
    if (schema.enum?.[0] !== undefined) return schema.enum[0];
    if (schema.type === 'object') return {};
    if (schema.type === 'array') return (schema.minItems ?? 0) > 0 ? [this.sample(`${path}[]`)] : [];
    if (schema.type === 'boolean') return true;
    return schema.type === 'string' ? 'text' : (schema.minimum ?? 1);
  }

  /** The smallest valid spec that has `value` at `path`. */
  withValue(path: string, value: Json): Json {
    const at = (current: string): Json => {
      if (current === path) return value;
      const rest = path.slice(current.length);
      if (rest.startsWith('[]')) return [at(`${current}[]`)];
      if (rest.startsWith('.*')) return { key: at(`${current}.*`) };
      const key = /^\.([^.[]+)/.exec(rest)?.[1];
      if (key === undefined) throw new Error(`${path} is not below ${current}`);
      const sample = this.sample(current);
      return { ...(isObject(sample) && sample), [key]: at(`${current}.${key}`) };
    };
    return at('spec');
  }

  /** A valid object, but for one more field in the object at `path`. */
  withUnknown(path: string, key: string): Case {
    const sample = this.sample(path);
    return {
      title: path,
      object: this.object(this.withValue(path, { ...(isObject(sample) && sample), [key]: 1 })),
    };
  }
}

/** The path in the server's words, for what `withValue` builds. */
export const serverPath = (path: string): string => path.replaceAll('[]', '[0]').replaceAll('.*', '.key');

/** One accepting and one refusing case for every rule of a kind. */
export function ruleCases(kind: KindDefinition): readonly Case[] {
  const builder = new Builder(kind);
  const ofRule = (rule: Rule, field: string, build: (value: Json) => JsonObject): readonly Case[] => {
    const make = ({ from, value }: RuleExample): Pick<Case, 'from' | 'object'> => ({
      ...(from !== undefined && { from: build(from) }),
      object: build(value),
    });
    return [
      { title: `${field} ${rule.id} accepts`, ...make(rule.accepts) },
      {
        title: `${field} ${rule.id} refuses`,
        ...make(rule.refuses),
        refusal: { field, message: rule.message },
      },
    ];
  };
  const root = kind.rules.flatMap((rule) =>
    ofRule(rule, '', (value) => {
      const object = merge(builder.object(builder.sample('spec')), value);
      if (!isObject(object)) throw new Error(`${rule.id}: an example of a whole object must be an object`);
      return object;
    }),
  );
  const inner = builder.fields.flatMap((field) =>
    field.rules.flatMap((rule) =>
      ofRule(rule, serverPath(field.path), (value) =>
        builder.object(builder.withValue(field.path, merge(builder.sample(field.path), value))),
      ),
    ),
  );
  return [...root, ...inner];
}

/**
 * One accepting and one refusing case for every constraint that a field's own type has. A type that several fields
 * share is tried at the first of them: it is one schema.
 */
export function schemaCases(kind: KindDefinition): readonly Case[] {
  const builder = new Builder(kind);
  return builder.fields
    .filter((field) => field.path !== 'spec' && !isRepeated(builder.fields, field))
    .flatMap((field) => constraintCases(builder, field));
}

const isInside = (inner: string, outer: string): boolean =>
  inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);

function isRepeated(fields: readonly Field[], { path }: Field): boolean {
  return fields.some(
    (holder) =>
      holder.typeName !== undefined &&
      isInside(path, holder.path) &&
      fields.find(({ typeName }) => typeName === holder.typeName) !== holder,
  );
}

interface Constraint {
  readonly name: string;
  readonly accepts: readonly Json[];
  readonly refuses: Json;
  readonly message: RegExp;
  /** Where the refusal is reported, when not at the field. */
  readonly at?: string;
}

function constraintCases(builder: Builder, field: Field): readonly Case[] {
  const cases = constraints(builder, field).flatMap(({ name, accepts, refuses, message, at }) => {
    const make = (value: Json) => builder.object(builder.withValue(field.path, value));
    return [
      ...accepts.map((value) => ({
        title: `${field.path} ${name} accepts ${show(value)}`,
        object: make(value),
      })),
      {
        title: `${field.path} ${name} refuses ${show(refuses)}`,
        object: make(refuses),
        refusal: { field: at ?? serverPath(field.path), message },
      },
    ];
  });
  return cases;
}

const show = (value: Json): string => JSON.stringify(value).slice(0, 40);

function constraints(builder: Builder, field: Field): readonly Constraint[] {
  const sample = builder.sample(field.path);
  return [
    ...typeConstraint(field, sample),
    ...numberConstraints(field),
    ...textConstraints(field, sample),
    ...listConstraints(builder, field, sample),
    ...requiredConstraints(field, sample),
  ];
}

function typeConstraint({ schema }: Field, sample: Json): readonly Constraint[] {
  const wrong: Json = schema.type === 'boolean' || schema['x-kubernetes-int-or-string'] ? [] : true;
  const type: Constraint = {
    name: 'type',
    accepts: [sample],
    refuses: wrong,
    message: /must be of type|must validate|should be/,
  };
  if (!schema.enum) return [type];
  return [
    type,
    {
      name: 'enum',
      accepts: schema.enum,
      refuses: schema.type === 'string' ? 'Nonsense' : 99,
      message: /Unsupported value/,
    },
  ];
}

function numberConstraints({ schema }: Field): readonly Constraint[] {
  const { minimum, maximum } = schema;
  return [
    ...(minimum === undefined
      ? []
      : [{ name: 'minimum', accepts: [minimum], refuses: minimum - 1, message: /greater than or equal/ }]),
    ...(maximum === undefined
      ? []
      : [{ name: 'maximum', accepts: [maximum], refuses: maximum + 1, message: /less than or equal/ }]),
  ];
}

function textConstraints({ schema }: Field, sample: Json): readonly Constraint[] {
  const pattern = schema.pattern === undefined ? undefined : new RegExp(schema.pattern);
  const found: Constraint[] = [];
  if ((schema.minLength ?? 0) > 0) {
    found.push({ name: 'minLength', accepts: [sample], refuses: '', message: /at least|should match/ });
  }
  if (schema.maxLength !== undefined) {
    const longest = 'a'.repeat(schema.maxLength);
    found.push({
      name: 'maxLength',
      accepts: [!pattern || pattern.test(longest) ? longest : sample],
      refuses: `${longest}a`,
      message: /Too long/,
    });
  }
  if (pattern) {
    const refuses = ['!', ' ', 'A B', 'a\nb'].find((each) => !pattern.test(each));
    if (refuses === undefined) throw new Error(`nothing breaks ${String(pattern)}`);
    found.push({ name: 'pattern', accepts: [sample], refuses, message: /should match/ });
  }
  return found;
}

function listConstraints(builder: Builder, field: Field, sample: Json): readonly Constraint[] {
  const { path, schema } = field;
  const found: Constraint[] = [];
  if (schema.maxProperties !== undefined) {
    const entries = Array.from({ length: schema.maxProperties + 1 }, (_, i): [string, Json] => [
      `key${i}`,
      'a',
    ]);
    found.push({
      name: 'maxProperties',
      accepts: [sample],
      refuses: Object.fromEntries(entries),
      message: /Too many/,
    });
  }
  if (schema.type !== 'array') return found;
  const item = builder.sample(`${path}[]`);
  if (schema.maxItems !== undefined) {
    const refuses = Array.from({ length: schema.maxItems + 1 }, () => item);
    found.push({ name: 'maxItems', accepts: [[item]], refuses, message: /Too many/ });
  }
  if (schema.minItems !== undefined) {
    found.push({ name: 'minItems', accepts: [[item]], refuses: [], message: /at least/ });
  }
  if (schema['x-kubernetes-list-type'] !== 'atomic') {
    const message = /Duplicate value/;
    found.push({
      name: 'unique',
      accepts: [[item]],
      refuses: [item, item],
      message,
      at: `${serverPath(path)}[1]`,
    });
  }
  return found;
}

function requiredConstraints({ path, schema }: Field, sample: Json): readonly Constraint[] {
  if (!isObject(sample)) return [];
  return (schema.required ?? []).map((key) => {
    const { [key]: _, ...rest } = sample;
    return {
      name: `requires ${key}`,
      accepts: [sample],
      refuses: rest,
      message: /Required value/,
      at: `${serverPath(path)}.${key}`,
    };
  });
}
