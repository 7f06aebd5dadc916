import * as z from 'zod';
import { text, withRules } from './schema/authoring.ts';

/** The cluster that an object belongs to. A topic cannot move: its messages would stay behind. */
export const clusterRef = () =>
  withRules(
    z.object({
      name: text({ max: 40, pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/, sample: 'exchange' }).describe(
        'Name of the RocketMQCluster.',
      ),
      namespace: text({ max: 63, pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, sample: 'messaging' })
        .exactOptional()
        .describe(
          'Namespace of the RocketMQCluster, whose allowedNamespaces has to allow the namespace of this object. Absent: the same as of this object.',
        ),
    }),
    {
      id: 'cluster-ref-immutable',
      rule: 'self == oldSelf',
      message: 'clusterRef cannot change: create another object for the other cluster',
      accepts: {
        from: { name: 'exchange', namespace: 'messaging' },
        value: { name: 'exchange', namespace: 'messaging' },
      },
      refuses: { from: { name: 'exchange' }, value: { name: 'exchange', namespace: 'messaging' } },
    },
  ).describe('The cluster. Cannot change.');

/** The name in the key of no cluster: none can have it. */
const NO_CLUSTER = '(none)';

/**
 * `namespace/name` of the cluster that an object belongs to. It is asked of objects that nobody has parsed: of one whose
 * reference cannot be read it is the key of no cluster.
 */
export function clusterKeyIn({
  metadata: { namespace: own = '' },
  spec,
}: {
  readonly metadata: { readonly namespace?: string };
  readonly spec?: { readonly clusterRef?: { readonly name?: unknown; readonly namespace?: unknown } };
}): string {
  const { name, namespace = own } = spec?.clusterRef ?? {};
  const isRead = typeof name === 'string' && name !== '' && typeof namespace === 'string';
  return isRead ? `${namespace}/${name}` : `${own}/${NO_CLUSTER}`;
}
