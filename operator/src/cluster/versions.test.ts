import { describe, expect, it } from '@jest/globals';
import { versionProblems, workarounds } from './versions.ts';

describe('versionProblems', () => {
  it.each<[string, readonly string[], '5.4.0' | '5.5.0']>([
    ['a new cluster', [], '5.4.0'],
    ['what runs already', ['5.5.0', '5.5.0'], '5.5.0'],
    ['a step forward', ['5.4.0', '5.4.0'], '5.5.0'],
    ['the middle of a step', ['5.5.0', '5.4.0', '5.5.0'], '5.5.0'],
    ['an edit taken back before any broker has become the new version', ['5.4.0'], '5.4.0'],
  ])('allows %s', (_what, running, wanted) => {
    expect(versionProblems(running, wanted)).toEqual([]);
  });

  it.each<[string, readonly string[], '5.4.0' | '5.5.0', RegExp]>([
    ['a step back', ['5.5.0'], '5.4.0', /consumer offsets.*use 5\.5\.0$/],
    ['half a step back', ['5.4.0', '5.5.0'], '5.4.0', /^is 5\.4\.0, and a member is or was 5\.5\.0/],
    ['a version that nobody knows', ['5.3.2'], '5.5.0', /that step was never tried; use 5\.3\.2$/],
  ])('refuses %s, once', (_what, running, wanted, message) => {
    expect(versionProblems(running, wanted)).toEqual([
      { reason: 'VersionStepRefused', field: 'spec.version', message: expect.stringMatching(message) },
    ]);
  });
});

describe('workarounds', () => {
  it('are the same for both versions, which have the same classes', () => {
    expect(workarounds('5.4.0')).toEqual(workarounds('5.5.0'));
    expect([...workarounds('5.4.0').keys()]).toContain('transactionOpBatchInterval');
  });
});
