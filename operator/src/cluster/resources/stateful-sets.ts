import type { StatefulSet } from '../../kube/mod.ts';
import { componentName, memberName, type Component } from '../addresses.ts';
import { componentLabels, memberLabels, selectorLabels } from '../labels.ts';
import type { Revision } from '../revision.ts';
import { childMetadata, type Parent } from './child.ts';

export interface Storage {
  readonly size: string;
  readonly storageClassName?: string;
}

interface Shape {
  readonly name: string;
  readonly component: Exclude<Component, 'proxy'>;
  readonly replicas: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly storage?: Storage;
}

export function nameServerSet(parent: Parent, replicas: number, revision: Revision): StatefulSet {
  const name = componentName(parent.id, 'nameserver');
  return statefulSet(parent, { name, component: 'nameserver', replicas }, revision);
}

export function controllerSet(
  parent: Parent,
  options: { readonly replicas: number; readonly storage: Storage },
  revision: Revision,
): StatefulSet {
  const name = componentName(parent.id, 'controller');
  return statefulSet(parent, { name, component: 'controller', ...options }, revision);
}

/**
 * One StatefulSet a member: its template is written only when it is the member's turn, so that an eviction can
 * never spread a bad revision, and one member can be replaced without its peers.
 */
export function brokerMemberSet(
  parent: Parent,
  options: {
    readonly group: string;
    readonly member: number;
    readonly storage: Storage;
    /** Kept down: the volume stays. */
    readonly fenced?: boolean;
  },
  revision: Revision,
): StatefulSet {
  const { group, member, storage, fenced = false } = options;
  return statefulSet(
    parent,
    {
      name: memberName(parent.id, group, member),
      component: 'broker',
      replicas: fenced ? 0 : 1,
      labels: memberLabels(group, member),
      storage,
    },
    revision,
  );
}

function statefulSet(parent: Parent, shape: Shape, revision: Revision): StatefulSet {
  const { component, labels = {} } = shape;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: childMetadata(parent, shape.name, { ...componentLabels(parent.id, component), ...labels }),
    spec: {
      replicas: shape.replicas,
      serviceName: componentName(parent.id, component),
      // Raft peers and members need each other to become ready, so they start together.
      podManagementPolicy: 'Parallel',
      // The operator decides which pod restarts, and when.
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: { ...selectorLabels(parent.id, component), ...labels } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      template: revision.template,
      ...(shape.storage === undefined
        ? {}
        : { volumeClaimTemplates: [claimTemplate(parent, shape, shape.storage)] }),
    },
  };
}

type ClaimTemplate = NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number];

function claimTemplate(parent: Parent, shape: Shape, storage: Storage): ClaimTemplate {
  return {
    metadata: { name: 'store', labels: { ...componentLabels(parent.id, shape.component), ...shape.labels } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: storage.size } },
      ...(storage.storageClassName === undefined ? {} : { storageClassName: storage.storageClassName }),
    },
  };
}
