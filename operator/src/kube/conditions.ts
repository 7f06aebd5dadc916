/** metav1.Condition with typed names. `lastTransitionTime` is RFC 3339 with seconds. */
export interface Condition<Type extends string = string, Reason extends string = string> {
  readonly type: Type;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

export type NextCondition<Type extends string = string, Reason extends string = string> = Omit<
  Condition<Type, Reason>,
  'lastTransitionTime'
>;

/** metav1.Time has no fractions of a second. */
export function toKubeTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** metav1.MicroTime: a Lease or an Event with a plain Date is refused with 400. */
export function toMicroTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}

/**
 * Adds or replaces one condition. The transition time moves only when the status does, and when nothing
 * changed the very same array comes back, so that callers can skip the write by identity.
 */
export function setCondition<Type extends string, Reason extends string>(
  conditions: readonly Condition<Type, Reason>[],
  next: NextCondition<NoInfer<Type>, NoInfer<Reason>>,
  nowIso: string,
): readonly Condition<Type, Reason>[] {
  const index = conditions.findIndex((c) => c.type === next.type);
  const old = conditions[index];
  const lastTransitionTime =
    old !== undefined && old.status === next.status ? old.lastTransitionTime : nowIso;
  const merged = { ...next, lastTransitionTime };
  if (old === undefined) return [...conditions, merged];
  return isSame(old, merged) ? conditions : conditions.with(index, merged);
}

export function removeCondition<C extends Condition>(
  conditions: readonly C[],
  type: C['type'],
): readonly C[] {
  return conditions.some((c) => c.type === type) ? conditions.filter((c) => c.type !== type) : conditions;
}

export function findCondition<C extends Condition>(
  conditions: readonly C[] | undefined,
  type: C['type'],
): C | undefined {
  return conditions?.find((c) => c.type === type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

function isSame(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
