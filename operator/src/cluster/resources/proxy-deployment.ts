import type { Deployment } from '../../kube/mod.ts';
import { componentName } from '../addresses.ts';
import { componentLabels, selectorLabels } from '../labels.ts';
import type { Revision } from '../revision.ts';
import { childMetadata, type Parent } from './child.ts';

/** Proxies keep nothing, so Kubernetes itself may replace them: a new one is ready before an old one stops. */
export function proxyDeployment(parent: Parent, replicas: number, revision: Revision): Deployment {
  const { id } = parent;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(parent, componentName(id, 'proxy'), componentLabels(id, 'proxy')),
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selectorLabels(id, 'proxy') },
      template: revision.template,
    },
  };
}
