import type { Condition, KubeObject } from '../../../operator/src/kube/mod.ts';

/** Any object whose status may have conditions. */
type Conditioned = KubeObject & {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
};

export function condition(object: Conditioned | undefined, type: string): Condition | undefined {
  return object?.status?.conditions?.find((one) => one.type === type);
}

/** `Ready=False NoMaster: …`, for messages. */
export function describeConditions(object: Conditioned | undefined): string {
  const conditions = object?.status?.conditions ?? [];
  if (conditions.length === 0) return 'no conditions';
  return conditions.map((one) => `${one.type}=${one.status} ${one.reason}: ${one.message}`).join(' | ');
}
