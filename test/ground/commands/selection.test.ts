import { describe, expect, it } from '@jest/globals';
import { isWhole, patternOf, runsEndToEnd, type TestOptions } from './selection.ts';

const all: TestOptions = { only: undefined, full: false, keep: false, pattern: undefined };
const upgrade = '/repository/test/e2e/upgrade.test.ts';
const operatorUpgrade = '/repository/test/e2e/operator-upgrade.test.ts';

describe('runsEndToEnd', () => {
  it.each<[Partial<TestOptions>, boolean, boolean]>([
    [{}, false, false],
    [{ full: true }, true, true],
    [{ full: true, only: 'e2e' }, true, true],
    [{ full: true, only: 'integration' }, false, false],
    [{ pattern: 'upgrade' }, true, true],
    [{ pattern: 'e2e/upgrade' }, true, false],
    [{ pattern: 'Operator-Upgrade' }, false, true],
    [{ pattern: 'show3', full: true }, false, false],
  ])('of %j: upgrade %s, operator-upgrade %s', (options, first, second) => {
    const runs = [upgrade, operatorUpgrade].map((path) => runsEndToEnd(path, { ...all, ...options }));
    expect(runs).toEqual([first, second]);
  });
});

describe('patternOf', () => {
  it('leaves out end-to-end tests alone, and none in full depth or when one is named', () => {
    expect(patternOf('e2e', all)).toContain('show3-cluster');
    expect(patternOf('integration', all)).toBeUndefined();
    expect(patternOf('e2e', { ...all, full: true })).toBeUndefined();
    expect(patternOf('e2e', { ...all, pattern: 'idle' })).toBe('idle');
  });
});

describe('isWhole', () => {
  it.each<[Partial<TestOptions>, boolean]>([
    [{}, false],
    [{ full: true }, true],
    [{ full: true, only: 'e2e' }, true],
    [{ full: true, only: 'unit' }, false],
    [{ full: true, pattern: 'operator' }, false],
    [{ pattern: 'test/e2e/' }, true],
  ])('of %j: %s', (options, whole) =>
    expect(isWhole([upgrade, operatorUpgrade], { ...all, ...options })).toBe(whole),
  );
});
