import { describe, expect, it } from '@jest/globals';
import { lacks } from './lacks.ts';

describe('lacks', () => {
  it('is of what was told, and not of what is new', () => {
    expect(lacks({ members: 1 }, { members: 2 })).toBe(false);
    expect(lacks({ members: 1 }, {})).toBe(false);
    expect(lacks({}, { members: 2 })).toBe(true);
  });
});
