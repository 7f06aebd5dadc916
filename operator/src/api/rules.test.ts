import { describe, expect, it } from '@jest/globals';
import { kindDefinitions } from './definitions.ts';
import { fieldsOf } from './schema/crd.ts';

describe.each(kindDefinitions.map((kind) => [kind.type.kind, kind] as const))('rules of %s', (_, kind) => {
  const { spec } = fieldsOf(kind);
  const rules = [
    ...kind.rules.map((rule) => ({ path: '', rule })),
    ...spec.flatMap((field) => field.rules.map((rule) => ({ path: field.path, rule }))),
  ];

  it.each(rules.map(({ path, rule }) => [`${path} ${rule.id}`, rule] as const))('%s is whole', (__, rule) => {
    const isAboutEdits = rule.rule.includes('oldSelf');
    expect(rule.accepts.from !== undefined).toBe(isAboutEdits);
    expect(rule.refuses.from !== undefined).toBe(isAboutEdits);
    expect(rule.id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(rule.message.length).toBeGreaterThan(20);
  });

  it('has ids that are unique at each field, and one message for each id', () => {
    const seen = new Map<string, string>();
    for (const { rule } of rules) {
      expect(seen.get(rule.id) ?? rule.message).toBe(rule.message);
      seen.set(rule.id, rule.message);
    }
    const places = rules.map(({ path, rule }) => `${path} ${rule.id}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('accepts its smallest object', () => {
    expect(kind.spec.safeParse(kind.minimal).error).toBeUndefined();
  });

  it('shows first of all whether it is ready and why', () => {
    expect(kind.columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Ready', 'Reason', 'Age', 'Message']),
    );
  });
});
