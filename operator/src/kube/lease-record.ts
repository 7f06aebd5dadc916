import { toMicroTime } from './conditions.ts';
import type { Lease } from './resource-types.ts';
import type { ApplyIntent } from './api.ts';

/** What one candidate knows about the lease: a state, and when it saw that state first on its own clock. */
export interface Observation {
  readonly lease: Lease;
  readonly sinceMs: number;
}

/**
 * Notes a lease that was read. The age of a state counts from when it was first *seen*: the holder's clock may
 * be wrong by hours, so its renewTime is only compared for change, never with a clock.
 */
export function observe(previous: Observation | undefined, lease: Lease, nowMs: number): Observation {
  const same =
    previous !== undefined &&
    previous.lease.metadata.uid === lease.metadata.uid &&
    previous.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return same ? previous : { lease, sinceMs: nowMs };
}

/** Free when released, or when its holder did not touch it for the time it promised to. */
export function isFree(observation: Observation, defaultDurationMs: number, nowMs: number): boolean {
  const { holderIdentity, leaseDurationSeconds } = observation.lease.spec ?? {};
  if (holderIdentity === undefined || holderIdentity === '') return true;
  const durationMs = leaseDurationSeconds === undefined ? defaultDurationMs : leaseDurationSeconds * 1000;
  return nowMs - observation.sinceMs >= durationMs;
}

export interface LeaseClaim {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
}

/** A lease that does not exist yet, held by us. */
export function newLease(claim: LeaseClaim, nowEpochMs: number): ApplyIntent {
  const now = toMicroTime(nowEpochMs);
  return toLease(claim, {}, { ...held(claim, now), acquireTime: now, leaseTransitions: 0 });
}

/** The lease taken over from (or kept by) us. Carries the resourceVersion, so that only one writer can win. */
export function claimed(current: Lease, claim: LeaseClaim, nowEpochMs: number): ApplyIntent {
  const now = toMicroTime(nowEpochMs);
  const isOurs = current.spec?.holderIdentity === claim.identity;
  return toLease(claim, current.metadata, {
    ...current.spec,
    ...held(claim, now),
    acquireTime: isOurs ? (current.spec?.acquireTime ?? now) : now,
    leaseTransitions: (current.spec?.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
  });
}

/** Given back: the next candidate need not wait. */
export function released(current: Lease, claim: LeaseClaim, nowEpochMs: number): ApplyIntent {
  return toLease(claim, current.metadata, {
    ...current.spec,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: toMicroTime(nowEpochMs),
  });
}

function held(claim: LeaseClaim, now: string): NonNullable<Lease['spec']> {
  return {
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.ceil(claim.leaseDurationMs / 1000),
    renewTime: now,
  };
}

function toLease(claim: LeaseClaim, metadata: object, spec: NonNullable<Lease['spec']>): ApplyIntent {
  const object = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...metadata, name: claim.name, namespace: claim.namespace },
    spec,
  };
  return object;
}
