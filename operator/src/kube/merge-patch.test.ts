import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { mergePatchTo } from './merge-patch.ts';
import { mergeJson } from './testing/merge-json.ts';

describe('mergePatchTo', () => {
  it('makes one of the other, whatever they are', () => {
    // As in a status: null is nothing, and an empty part is none.
    const leaf = fc.oneof(fc.nat(), fc.string(), fc.array(fc.nat(), { maxLength: 2 }));
    const tree = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom('d', 'e'), leaf, { minKeys: 1 })),
    );
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const patch = mergePatchTo(before, after);
        expect(patch === undefined ? before : mergeJson(before, patch)).toEqual(after);
        expect(mergePatchTo(after, after)).toBeUndefined();
      }),
    );
  });

  it('is nothing when nothing moved', () => {
    expect(mergePatchTo({ lag: 3, groups: ['a'] }, { groups: ['a'], lag: 3 })).toBeUndefined();
    expect(mergePatchTo({}, {})).toBeUndefined();
  });

  it('takes away what is unknown by now, and leaves nothing out that a list had', () => {
    expect(mergePatchTo({ lag: 3, groups: ['a', 'b'] }, { groups: ['a'], members: 2 })).toEqual({
      lag: null,
      groups: ['a'],
      members: 2,
    });
  });

  it('tells of nobody, which is not the same as nothing', () => {
    expect(mergePatchTo({}, { groups: [] })).toEqual({ groups: [] });
  });
});
