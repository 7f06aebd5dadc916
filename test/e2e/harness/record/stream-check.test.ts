import { describe, expect, it } from '@jest/globals';
import { checkStream } from './stream-check.ts';

const sent = [1, 2, 3, 4, 5];
const nothing = { lost: [], disordered: [], invented: [], repeated: [] };

describe('checkStream', () => {
  it('finds nothing in a whole log', () => {
    expect(checkStream(sent, sent)).toEqual(nothing);
  });

  it.each([
    ['a loss', [1, 2, 4, 5], { lost: [3] }],
    ['a loss at the end', [1, 2, 3], { lost: [4, 5] }],
    ['a repeated send', [1, 2, 2, 2, 3, 4, 5], { repeated: [2] }],
    ['a swapped pair', [1, 3, 2, 4, 5], { disordered: [2] }],
    ['one that comes back long after', [1, 2, 3, 4, 5, 2], { disordered: [2], repeated: [2] }],
    ['a message that nobody sent', [1, 2, 3, 4, 5, 6], { invented: [6] }],
  ])('finds %s', (_what, stored, found) => {
    expect(checkStream(sent, stored)).toEqual({ ...nothing, ...found });
  });
});
