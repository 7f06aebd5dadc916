import * as z from 'zod';
import { text, withRules } from './schema/authoring.ts';

/** The cluster that an object belongs to. A topic cannot move: its messages would stay behind. */
export const clusterRef = () =>
  withRules(
    z.object({
      name: text({ max: 40, pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/, sample: 'exchange' }).describe(
        'Name of a RocketMQCluster of the same namespace.',
      ),
    }),
    {
      id: 'cluster-ref-immutable',
      rule: 'self == oldSelf',
      message: 'clusterRef cannot change: create another object for the other cluster',
      accepts: { from: { name: 'exchange' }, value: { name: 'exchange' } },
      refuses: { from: { name: 'exchange' }, value: { name: 'other' } },
    },
  ).describe('The cluster. Cannot change.');

/**
 * `namespace/name` of the cluster that an object belongs to. It is asked of objects that nobody has parsed: of one whose
 * reference cannot be read it is the key of no cluster.
 */
export function clusterKeyIn({
  metadata,
  spec,
}: {
  readonly metadata: { readonly namespace?: string };
  readonly spec?: { readonly clusterRef?: { readonly name?: unknown } };
}): string {
  const name = spec?.clusterRef?.name;
  return `${metadata.namespace ?? ''}/${typeof name === 'string' ? name : ''}`;
}
