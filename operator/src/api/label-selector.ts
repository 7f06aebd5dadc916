/** Label selectors, as Kubernetes has them. */
import * as z from 'zod';
import { atomicList, boundedMap, named, type Stored, text } from './schema/authoring.ts';

const labelKeyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?[/])?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
export const labelKey = () =>
  text({ max: 316, pattern: labelKeyPattern, sample: 'topology.kubernetes.io/zone' });
export const labelValue = () => z.string().max(63);

const requirement = z.object({
  key: labelKey().describe('The label.'),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How to compare.'),
  values: atomicList(labelValue(), 64).exactOptional().describe('What to compare with: for In and NotIn.'),
});

export const labelSelector = named(
  'LabelSelector',
  z.object({
    matchLabels: boundedMap(labelValue(), 32).exactOptional().describe('Labels that must be equal.'),
    matchExpressions: atomicList(requirement, 32)
      .exactOptional()
      .describe('Further requirements; all must hold.'),
  }),
);

export type LabelSelector = Stored<z.output<typeof labelSelector>>;

/** Whether all requirements hold; there are none in an empty selector, which selects everything. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((each) => holds(each, labels[each.key]))
  );
}

/** NotIn holds of who does not have the label at all (apimachinery, labels.Requirement.Matches). */
function holds(
  { operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return operator satisfies never;
  }
}
