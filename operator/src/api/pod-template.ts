import * as z from 'zod';
import { labelKey, labelSelector, labelValue } from './label-selector.ts';
import { atomicList, boundedMap, named, type Stored, text, withRules } from './schema/authoring.ts';

const nodeSelectorRequirement = z.object({
  key: labelKey().describe('The label or field of the node.'),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']).describe('How to compare.'),
  values: atomicList(labelValue(), 64).exactOptional().describe('What to compare with.'),
});

const nodeSelectorTerm = named(
  'NodeSelectorTerm',
  z.object({
    matchExpressions: atomicList(nodeSelectorRequirement, 32)
      .exactOptional()
      .describe('Requirements on labels.'),
    matchFields: atomicList(nodeSelectorRequirement, 32).exactOptional().describe('Requirements on fields.'),
  }),
);

const weight = () => z.int32().min(1).max(100).describe('How much this preference counts.');

const podAffinityTerm = named(
  'PodAffinityTerm',
  z.object({
    labelSelector: labelSelector.exactOptional().describe('Which pods.'),
    namespaces: atomicList(z.string().max(63), 32)
      .exactOptional()
      .describe('In which namespaces; empty: this one.'),
    namespaceSelector: labelSelector.exactOptional().describe('In which namespaces, by their labels.'),
    topologyKey: labelKey().describe('The node label that says what "together" means.'),
  }),
);

const podAffinity = () =>
  z.object({
    requiredDuringSchedulingIgnoredDuringExecution: atomicList(podAffinityTerm, 16)
      .exactOptional()
      .describe('Must hold.'),
    preferredDuringSchedulingIgnoredDuringExecution: atomicList(
      z.object({ weight: weight(), podAffinityTerm: podAffinityTerm.describe('The preference.') }),
      16,
    )
      .exactOptional()
      .describe('Should hold.'),
  });

const affinity = named(
  'Affinity',
  z.object({
    nodeAffinity: z
      .object({
        requiredDuringSchedulingIgnoredDuringExecution: z
          .object({
            nodeSelectorTerms: atomicList(nodeSelectorTerm, 16).min(1).describe('One of these must hold.'),
          })
          .exactOptional()
          .describe('Must hold.'),
        preferredDuringSchedulingIgnoredDuringExecution: atomicList(
          z.object({ weight: weight(), preference: nodeSelectorTerm.describe('The preference.') }),
          16,
        )
          .exactOptional()
          .describe('Should hold.'),
      })
      .exactOptional()
      .describe('Which nodes.'),
    podAffinity: podAffinity().exactOptional().describe('Near which pods.'),
    podAntiAffinity: podAffinity().exactOptional().describe('Away from which pods.'),
  }),
);

const toleration = z.object({
  key: labelKey().exactOptional().describe('The taint; absent with Exists: every taint.'),
  operator: z.enum(['Exists', 'Equal']).exactOptional().describe('How to compare; Equal when absent.'),
  value: labelValue().exactOptional().describe('Value of the taint.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .exactOptional()
    .describe('Effect of the taint; absent: every effect.'),
  tolerationSeconds: z
    .int()
    .min(0)
    .max(31_536_000)
    .exactOptional()
    .describe('How long a NoExecute taint is borne; absent: for ever.'),
});

const topologySpreadConstraint = z.object({
  maxSkew: z.int32().min(1).max(100).describe('How uneven the spread may be.'),
  topologyKey: labelKey().describe('The node label to spread over.'),
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']).describe('What to do when it cannot hold.'),
  // Kubernetes lets it be absent and then spreads nothing at all.
  labelSelector: labelSelector.describe('Which pods are counted.'),
});

const ownedLabels = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/component',
  'app.kubernetes.io/managed-by',
];
const ownedDomain = 'rocketmq.gantry.dev/';

/** What a user may add to the pods of one component. The rest of the pod is the operator's. */
export const podTemplate = named(
  'PodTemplate',
  z.object({
    labels: withRules(boundedMap(labelValue(), 32), {
      id: 'owned-pod-labels',
      rule: `self.all(k, !k.startsWith('${ownedDomain}') && !(k in [${ownedLabels.map((l) => `'${l}'`).join(', ')}]))`,
      message: `labels of the operator cannot be set: remove ${ownedDomain}* and app.kubernetes.io/{name,instance,component,managed-by}`,
      holds: (labels) =>
        Object.keys(labels).every((key) => !key.startsWith(ownedDomain) && !ownedLabels.includes(key)),
      accepts: { value: { team: 'trading', 'app.kubernetes.io/part-of': 'exchange' } },
      refuses: { value: { 'app.kubernetes.io/component': 'mine' } },
    })
      .exactOptional()
      .describe('Further labels of the pods.'),
    annotations: boundedMap(z.string().max(4096), 32).exactOptional().describe('Annotations of the pods.'),
    nodeSelector: boundedMap(labelValue(), 32).exactOptional().describe('Labels that the node must have.'),
    tolerations: atomicList(toleration, 32).exactOptional().describe('Taints that the pods bear.'),
    affinity: affinity.exactOptional().describe('Where the pods should run.'),
    topologySpreadConstraints: atomicList(topologySpreadConstraint, 8)
      .exactOptional()
      .describe('How the pods spread over zones or nodes.'),
    priorityClassName: text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'high' })
      .exactOptional()
      .describe('Priority of the pods.'),
  }),
);

export type PodTemplate = Stored<z.output<typeof podTemplate>>;
