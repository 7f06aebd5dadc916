/** Whether a ConsumerGroup says what its consumers are to be scaled by. Pure. */
import {
  describeProblems,
  parseConsumerGroup,
  type ConditionReason,
  type ConsumerGroup,
  type GroupScaling,
} from '../api/mod.ts';
import { findCondition } from '../kube/mod.ts';

export type Eligible =
  | { readonly kind: 'No' }
  | { readonly kind: 'Yes'; readonly scaling: GroupScaling; readonly ordered: boolean }
  /** Replicas stay as they are, also when other groups scale the same target. `scaling`: as far as it could be read. */
  | { readonly kind: 'Held'; readonly message: string; readonly scaling?: GroupScaling };

/** Somebody else has the name in the cluster, RocketMQ would not have it, or the cluster does not take it. */
const notItsOwn: ReadonlySet<string> = new Set<ConditionReason>([
  'Conflict',
  'InvalidSpec',
  'NotAllowed',
  'NamespaceUnknown',
]);

export function scalingOf(object: ConsumerGroup): Eligible {
  if (object.spec.scaling === undefined) return { kind: 'No' };
  const parsed = parseConsumerGroup(object);
  if (!parsed.ok) return { kind: 'Held', message: describeProblems(parsed.problems) };
  const { scaling, ordered } = parsed.value.spec;
  if (scaling === undefined) return { kind: 'No' };
  const ready = findCondition(object.status?.conditions, 'Ready');
  if (ready !== undefined && notItsOwn.has(ready.reason))
    return { kind: 'Held', message: ready.message, scaling };
  if (ready === undefined && isElsewhere(object)) {
    const message = 'it is not known yet whether the cluster takes groups of this namespace';
    return { kind: 'Held', message, scaling };
  }
  return { kind: 'Yes', scaling, ordered };
}

function isElsewhere({ metadata, spec: { clusterRef } }: ConsumerGroup): boolean {
  return clusterRef.namespace !== undefined && clusterRef.namespace !== metadata.namespace;
}
