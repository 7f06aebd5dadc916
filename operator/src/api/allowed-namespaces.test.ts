import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { allowedNamespaces, consentOf, type AllowedNamespaces } from './allowed-namespaces.ts';
import { selects, type LabelSelector } from './label-selector.ts';

const labels = { team: 'orders', stage: 'prod', empty: '' };

describe('selects', () => {
  it.each<readonly [string, LabelSelector, boolean]>([
    ['an empty selector', {}, true],
    ['equal labels', { matchLabels: { team: 'orders', stage: 'prod' } }, true],
    ['one label that is another', { matchLabels: { team: 'orders', stage: 'test' } }, false],
    ['a label that is not there', { matchLabels: { owner: 'orders' } }, false],
    ['an empty label, which is there', { matchLabels: { empty: '' } }, true],
    ['an empty label, which is not there', { matchLabels: { owner: '' } }, false],
    ['In', { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'orders'] }] }, true],
    ['In others', { matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] }, false],
    ['In of nothing', { matchExpressions: [{ key: 'owner', operator: 'In', values: ['a'] }] }, false],
    ['NotIn', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['orders'] }] }, false],
    ['NotIn others', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] }, true],
    ['NotIn of nothing', { matchExpressions: [{ key: 'owner', operator: 'NotIn', values: ['a'] }] }, true],
    ['Exists', { matchExpressions: [{ key: 'empty', operator: 'Exists' }] }, true],
    ['Exists of nothing', { matchExpressions: [{ key: 'owner', operator: 'Exists' }] }, false],
    ['DoesNotExist', { matchExpressions: [{ key: 'owner', operator: 'DoesNotExist' }] }, true],
    ['DoesNotExist of something', { matchExpressions: [{ key: 'empty', operator: 'DoesNotExist' }] }, false],
    [
      'labels that hold and an expression that does not',
      { matchLabels: { team: 'orders' }, matchExpressions: [{ key: 'stage', operator: 'DoesNotExist' }] },
      false,
    ],
  ])('%s', (_what, selector, isSelected) => {
    expect(selects(selector, labels)).toBe(isSelected);
  });

  it('takes NotIn and DoesNotExist for the opposites of In and Exists', () => {
    const key = fc.constantFrom('a', 'b');
    const values = fc.array(fc.constantFrom('x', 'y', ''), { minLength: 1 });
    fc.assert(
      fc.property(fc.dictionary(key, fc.constantFrom('x', 'y', '')), key, values, (held, about, of) => {
        const by = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'): boolean =>
          selects({ matchExpressions: [{ key: about, operator, values: of }] }, held);
        expect(by('NotIn')).toBe(!by('In'));
        expect(by('DoesNotExist')).toBe(!by('Exists'));
        expect(by('In') && by('DoesNotExist')).toBe(false);
      }),
    );
  });
});

describe('consentOf', () => {
  const selector = { matchLabels: { team: 'orders' } };

  it.each<readonly [string, AllowedNamespaces, Readonly<Record<string, string>> | undefined, string]>([
    ['Same withholds it from every other namespace', { from: 'Same' }, labels, 'Withheld'],
    ['All gives it, whatever the labels are', { from: 'All' }, undefined, 'Given'],
    ['a selector gives it to those that it selects', { from: 'Selector', selector }, labels, 'Given'],
    ['a selector withholds it from others', { from: 'Selector', selector }, {}, 'Withheld'],
    [
      'a selector tells nothing of labels that are not known',
      { from: 'Selector', selector },
      undefined,
      'Unknown',
    ],
  ])('%s', (_what, allowed, held, consent) => {
    expect(consentOf(allowed, held)).toBe(consent);
  });
});

describe('allowedNamespaces', () => {
  it('takes the own namespace alone when nothing is said', () => {
    expect(allowedNamespaces.parse({})).toEqual({ from: 'Same' });
  });

  it.each([
    ['a selector for nothing', { from: 'Same', selector: {} }],
    ['no selector to go by', { from: 'Selector' }],
    [
      'In without values',
      { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    ],
    [
      'NotIn with an empty list',
      { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] } },
    ],
    [
      'Exists with values',
      { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] } },
    ],
  ])('refuses %s', (_what, given) => {
    expect(allowedNamespaces.safeParse(given).success).toBe(false);
  });
});
