import { describe, expect, it } from '@jest/globals';
import { lacks, patchOf } from './patch.ts';

describe('patchOf', () => {
  it('is nothing when nothing moved', () => {
    expect(patchOf({ lag: 3, groups: ['a'] }, { groups: ['a'], lag: 3 })).toBeUndefined();
    expect(patchOf({}, {})).toBeUndefined();
  });

  it('takes away what is unknown by now, and leaves nothing out that a list had', () => {
    expect(patchOf({ lag: 3, groups: ['a', 'b'] }, { groups: ['a'], members: 2 })).toEqual({
      lag: null,
      groups: ['a'],
      members: 2,
    });
  });

  it('tells of nobody, which is not the same as nothing', () => {
    expect(patchOf({}, { groups: [] })).toEqual({ groups: [] });
  });
});

describe('lacks', () => {
  it('is of what was told, and not of what is new', () => {
    expect(lacks({ members: 1 }, { members: 2 })).toBe(false);
    expect(lacks({ members: 1 }, {})).toBe(false);
    expect(lacks({}, { members: 2 })).toBe(true);
  });
});
