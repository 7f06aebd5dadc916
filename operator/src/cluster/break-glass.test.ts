import { describe, expect, it } from '@jest/globals';
import type { RocketMQClusterInput } from '../api/mod.ts';
import { breakGlass, warnings } from './break-glass.ts';
import {
  fencedAnnotation,
  pausedAnnotation,
  rebuildAnnotation,
  restartBeforeAnnotation,
  rotateBeforeAnnotation,
} from './labels.ts';
import { clusterOf } from './testing/specs.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const annotated = (annotations: Readonly<Record<string, string>>) => clusterOf({}, { annotations });
const restartBefore = (value: string) => annotated({ [restartBeforeAnnotation]: value });
const warned = (cluster: ReturnType<typeof clusterOf>): readonly string[] =>
  warnings(cluster, now).map(({ reason }) => reason);

describe('the pause', () => {
  it.each([
    ['true', true, ['Paused']],
    ['false', false, []],
    ['yes', false, ['InvalidAnnotation']],
    ['', false, ['InvalidAnnotation']],
  ])('%j', (value, paused, reasons) => {
    const cluster = annotated({ [pausedAnnotation]: value });
    expect(breakGlass(cluster, now).paused).toBe(paused);
    expect(warned(cluster)).toEqual(reasons);
  });
});

describe('a restart on request', () => {
  it.each([
    ['2026-06-01T11:59:59Z', Date.parse('2026-06-01T11:59:59Z'), []],
    ['2026-06-01T13:00:00+02:00', Date.parse('2026-06-01T11:00:00Z'), []],
    ['2026-06-01T12:00:00.000Z', now, []],
    ['2026-06-01T12:00:01Z', undefined, ['InvalidAnnotation']],
    ['2026-13-01T12:00:00Z', undefined, ['InvalidAnnotation']],
    ['now', undefined, ['InvalidAnnotation']],
    ['2026', undefined, ['InvalidAnnotation']],
  ])('%j', (value, restartBeforeMs, reasons) => {
    expect(breakGlass(restartBefore(value), now).restartBeforeMs).toBe(restartBeforeMs);
    expect(warned(restartBefore(value))).toEqual(reasons);
  });

  it('says what an annotation should have been, and quotes no more than a part of it', () => {
    const [{ message } = { message: '' }] = warnings(restartBefore('x'.repeat(10_000)), now);
    expect(message).toContain('2026-01-31T12:00:00Z');
    expect(message.length).toBeLessThan(300);
  });
});

describe('a rotation of the inner credentials on request', () => {
  it.each([
    ['2026-06-01T12:00:00Z', now, []],
    ['2026-06-01T12:00:01Z', undefined, ['InvalidAnnotation']],
    ['now', undefined, ['InvalidAnnotation']],
  ])('%j', (value, rotateBeforeMs, reasons) => {
    const cluster = annotated({ [rotateBeforeAnnotation]: value });
    expect(breakGlass(cluster, now).rotateBeforeMs).toBe(rotateBeforeMs);
    expect(warned(cluster)).toEqual(reasons);
  });
});

describe('a fence', () => {
  it.each([
    ['a-1', ['a-1']],
    [' a-1, a-2,a-1 ', ['a-1', 'a-2']],
    ['', []],
  ])('%j', (value, fenced) => {
    expect(breakGlass(annotated({ [fencedAnnotation]: value }), now).fenced).toEqual(fenced);
  });
});

describe('a rebuild', () => {
  it.each([
    ['a-1@2026-06-01T11:59:59Z', { pod: 'a-1', beforeMs: Date.parse('2026-06-01T11:59:59Z') }, []],
    ['a-1@2026-06-01T12:00:01Z', undefined, ['InvalidAnnotation']],
    ['a-1', undefined, ['InvalidAnnotation']],
    ['@2026-06-01T11:59:59Z', undefined, ['InvalidAnnotation']],
    ['a-1@now', undefined, ['InvalidAnnotation']],
  ])('%j', (value, rebuild, reasons) => {
    const cluster = annotated({ [rebuildAnnotation]: value });
    expect(breakGlass(cluster, now).rebuild).toEqual(rebuild);
    expect(warned(cluster)).toEqual(reasons);
  });
});

describe('members', () => {
  const having = (brokers: Partial<RocketMQClusterInput['brokers']>) =>
    clusterOf({ brokers: { groups: [{ name: 'broker-a' }], ...brokers } });
  it.each([
    [3, 2, []],
    [2, 1, []],
    [1, 1, []],
    [2, 2, ['NoSpareMember']],
    [3, 3, ['NoSpareMember']],
  ])('%d with %d in sync: %j', (replicas, minInSyncReplicas, reasons) => {
    expect(warned(having({ replicas, minInSyncReplicas }))).toEqual(reasons);
  });
});
