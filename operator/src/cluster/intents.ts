/** The objects to apply, in the order in which they depend on each other. */
import type { RocketMQClusterSpec } from '../api/mod.ts';
import {
  Deployments,
  NetworkPolicies,
  PodDisruptionBudgets,
  Secrets,
  Services,
  StatefulSets,
  type ApplyIntent,
  type KubeObject,
  type ResourceType,
} from '../kube/mod.ts';
import type { Children } from './children.ts';
import { componentLabels, memberLabels } from './labels.ts';
import { revisionToWrite, type Desired } from './plan.ts';
import { configSecret } from './resources/config-secret.ts';
import { disruptionBudgets } from './resources/disruption-budgets.ts';
import { networkPolicies } from './resources/network-policies.ts';
import { proxyDeployment } from './resources/proxy-deployment.ts';
import { headlessService, masterService, proxyService } from './resources/services.ts';
import { brokerMemberSet, controllerSet, nameServerSet, type Storage } from './resources/stateful-sets.ts';
import type { Revision } from './revision.ts';
import type { SetWorkload, Workload } from './workloads.ts';

export interface Intent {
  readonly type: ResourceType;
  readonly object: ApplyIntent;
  /** As the informer has it. */
  readonly observed: KubeObject | undefined;
}

export interface Intents {
  /** Stages are applied one after the other, the objects of one stage side by side. */
  readonly stages: readonly (readonly Intent[])[];
  /** Revisions that some template names after this. */
  readonly written: readonly Revision[];
}

export function intents(options: {
  readonly spec: RocketMQClusterSpec;
  readonly desired: Desired;
  readonly children: Children;
  readonly restarting: ReadonlySet<string>;
  /** Pods that have been missing for long. */
  readonly lost: ReadonlySet<string>;
  readonly proxyMayStart: boolean;
  /** Pods of brokers that are kept down. */
  readonly fenced: ReadonlySet<string>;
  /** The revision that the proxies keep for now, whatever they should have. */
  readonly proxyHeld: Revision | undefined;
  /** By workload: what the claims are made from; absent: it is about to be made again, or unknown. */
  readonly storage: ReadonlyMap<string, Storage>;
}): Intents {
  const { desired, children, spec } = options;
  const { parent, workloads } = desired;
  const sets = workloads.sets.flatMap((set) => {
    const revision = revisionToWrite(set, children, desired, options.restarting, options.lost);
    const object =
      revision === undefined
        ? undefined
        : statefulSet(desired, set, revision, {
            storage: options.storage.get(set.name),
            fenced: set.pods.some(({ pod }) => options.fenced.has(pod)),
          });
    return revision === undefined || object === undefined ? [] : [{ set, revision, object }];
  });
  const proxyTarget = options.proxyHeld ?? desired.targets.get(workloads.proxy.name)?.revision;
  const proxy = options.proxyMayStart ? proxyTarget : undefined;
  const secret = (workload: Workload, revision: Revision): Intent => ({
    type: Secrets,
    object: configSecret(parent, workloadLabels(desired, workload), revision),
    observed: children.secrets.get(revision.secretName),
  });

  const elected = spec.brokers.failover === 'Controller';
  const services = [
    headlessService(parent, 'nameserver'),
    ...(elected ? [headlessService(parent, 'controller')] : []),
    headlessService(parent, 'broker'),
    proxyService(parent),
    ...(elected || spec.brokers.replicas === 1
      ? []
      : spec.brokers.groups.map(({ name }) => masterService(parent, name))),
  ].map((object) => ({ type: Services, object, observed: children.services.get(object.metadata.name) }));
  const budgets = disruptionBudgets(parent, spec).map((object) => ({
    type: PodDisruptionBudgets,
    object,
    observed: children.disruptionBudgets.get(object.metadata.name),
  }));
  const policies = networkPolicies(parent, spec, desired.operatorNamespace).map((object) => ({
    type: NetworkPolicies,
    object,
    observed: children.networkPolicies.get(object.metadata.name),
  }));
  const deployment =
    proxy === undefined
      ? []
      : [
          {
            type: Deployments,
            object: proxyDeployment(parent, workloads.proxy.replicas, proxy),
            observed: children.deployments.get(workloads.proxy.name),
          },
        ];
  return {
    stages: [
      [
        ...services,
        ...policies,
        ...sets.map(({ set, revision }) => secret(set, revision)),
        ...(proxy === undefined ? [] : [secret(workloads.proxy, proxy)]),
      ],
      [
        ...sets.map(({ object }) => ({
          type: StatefulSets,
          object,
          observed: children.statefulSets.get(object.metadata.name),
        })),
        ...deployment,
        ...budgets,
      ],
    ],
    written: [...sets.map(({ revision }) => revision), ...(proxy === undefined ? [] : [proxy])],
  };
}

function workloadLabels(desired: Desired, workload: Workload): Readonly<Record<string, string>> {
  const labels = componentLabels(desired.id, workload.component);
  return workload.component === 'broker'
    ? { ...labels, ...memberLabels(workload.inputs.group, workload.inputs.member) }
    : labels;
}

function statefulSet(
  desired: Desired,
  set: SetWorkload,
  revision: Revision,
  { storage, fenced }: { readonly storage: Storage | undefined; readonly fenced: boolean },
): ApplyIntent | undefined {
  const { parent } = desired;
  switch (set.component) {
    case 'nameserver':
      return nameServerSet(parent, set.pods.length, revision);
    case 'controller':
      return storage && controllerSet(parent, { replicas: set.pods.length, storage }, revision);
    case 'broker':
      return storage && brokerMemberSet(parent, { ...set.inputs, storage, fenced }, revision);
    default:
      return set satisfies never;
  }
}
