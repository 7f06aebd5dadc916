import { describe, expect, it } from '@jest/globals';
import { previousOperator } from './previous.ts';

describe('previousOperator', () => {
  it('is what the ground made ready', () => {
    const env = { GANTRY_PREVIOUS_COMMIT: 'abc', GANTRY_PREVIOUS_SOURCE: '/files' };
    expect(previousOperator(env)).toEqual({
      commit: 'abc',
      source: '/files',
      chart: '/files/charts/gantry',
      tag: 'previous',
    });
  });

  it.each([
    [{ GANTRY_PREVIOUS_PROBLEM: 'no commit HEAD~1' }, 'no commit HEAD~1'],
    [{}, 'npm test -- --only e2e operator-upgrade'],
  ])('of %j fails with the reason', (env, reason) => {
    expect(() => previousOperator(env)).toThrow(reason);
  });
});
