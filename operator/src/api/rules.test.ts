import { describe, expect, it } from '@jest/globals';
import { clusterKind, kindDefinitions } from './definitions.ts';
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

  it('shows whether it is ready, what it is doing or why it is not, and since when it is there', () => {
    expect(kind.columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Ready', 'Reason', 'Age', 'Message']),
    );
  });
});

describe('kubectl get of a RocketMQCluster', () => {
  it('answers in one line: what runs, whether each group has a master, how far a rollout is, and why', () => {
    expect(
      clusterKind.columns.map(({ name, jsonPath, priority }) => [name, jsonPath, priority ?? 0]),
    ).toEqual([
      ['Version', '.status.version', 0],
      ['Masters', '.status.masters', 0],
      ['Rollout', '.status.rollout.progress', 0],
      ['Ready', ".status.conditions[?(@.type=='Ready')].status", 0],
      ['Reason', ".status.conditions[?(@.type=='Ready')].reason", 0],
      ['Age', '.metadata.creationTimestamp', 0],
      // Only with -o wide.
      ['Message', ".status.conditions[?(@.type=='Ready')].message", 1],
    ]);
  });
});
