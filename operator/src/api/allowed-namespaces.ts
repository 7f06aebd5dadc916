/** From which namespaces a cluster takes topics, consumer groups and users. */
import * as z from 'zod';
import { labelSelector, selects } from './label-selector.ts';
import { type Stored, withRules } from './schema/authoring.ts';

export const allowedNamespaces = withRules(
  z.object({
    from: z
      .enum(['Same', 'All', 'Selector'])
      .default('Same')
      .describe(
        'Same: from the namespace of the cluster alone. All: from every namespace. Selector: from those with labels that selector selects as well.',
      ),
    selector: labelSelector
      .exactOptional()
      .describe('With from Selector: which namespaces, by their labels. An empty one selects all of them.'),
  }),
  {
    id: 'selector-goes-with-from',
    rule: "(self.from == 'Selector') == has(self.selector)",
    message: 'selector goes with from Selector and with no other: set from to Selector, or remove selector',
    holds: ({ from, selector: given }) => (from === 'Selector') === (given !== undefined),
    accepts: { value: { from: 'Selector', selector: { matchLabels: { rocketmq: 'exchange' } } } },
    refuses: { value: { from: 'All', selector: {} } },
  },
  {
    // What Kubernetes refuses of its own selectors: it would select everything, or nothing, and nobody would know why.
    id: 'selector-values',
    rule: "!has(self.selector) || !has(self.selector.matchExpressions) || self.selector.matchExpressions.all(e, (e.operator in ['In', 'NotIn']) == (has(e.values) && size(e.values) > 0))",
    message:
      'In and NotIn need values, and Exists and DoesNotExist have none: correct the values of the selector',
    holds: ({ selector: given }) =>
      (given?.matchExpressions ?? []).every(
        ({ operator, values = [] }) => ['In', 'NotIn'].includes(operator) === values.length > 0,
      ),
    accepts: {
      value: {
        from: 'Selector',
        selector: {
          matchExpressions: [
            { key: 'team', operator: 'In', values: ['orders'] },
            { key: 'legacy', operator: 'DoesNotExist' },
          ],
        },
      },
    },
    refuses: {
      value: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In' }] } },
    },
  },
);

export type AllowedNamespaces = Stored<z.output<typeof allowedNamespaces>>;

/**
 * Whether a cluster takes objects from a namespace. `Unknown`: that hangs on labels which are not known.
 */
export type Consent = 'Given' | 'Withheld' | 'Unknown';

/** @param labels of a namespace that is not the cluster's own; undefined: not known */
export function consentOf(
  { from, selector: wanted = {} }: AllowedNamespaces,
  labels: Readonly<Record<string, string>> | undefined,
): Consent {
  switch (from) {
    case 'Same':
      return 'Withheld';
    case 'All':
      return 'Given';
    case 'Selector':
      if (labels === undefined) return 'Unknown';
      return selects(wanted, labels) ? 'Given' : 'Withheld';
    default:
      return from satisfies never;
  }
}
