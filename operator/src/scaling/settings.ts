/** What a spec asks for, in the words of decide.ts. Pure. */
import type { GroupScaling } from '../api/mod.ts';
import type { Clients } from '../lag/mod.ts';
import type { GroupType, ScalingSettings } from './model.ts';

/** How consumers connect, which nobody knows while none is there. */
export type ClientKind = 'Remoting' | 'Grpc';

export function settingsOf(scaling: GroupScaling, groupType: GroupType): ScalingSettings {
  const { actuator, minReplicas, maxReplicas, sloSeconds, initialPosition } = scaling;
  const { replicaMessagesPerMinute: hint, staleness, scaleToZero } = scaling;
  return {
    actuator,
    groupType,
    sloSeconds,
    drainSeconds: sloSeconds,
    minReplicas,
    maxReplicas,
    initialPosition,
    ...(hint === undefined ? {} : { serviceRateHint: hint / 60 }),
    downWindowSeconds: scaling.scaleDown.windowSeconds,
    idleSeconds: scaleToZero.idleSeconds,
    wakeReplicas: scaleToZero.wakeReplicas,
    staleSeconds: staleness.afterSeconds,
    ...(staleness.fallbackReplicas === undefined ? {} : { fallbackReplicas: staleness.fallbackReplicas }),
  };
}

/** @param clients undefined: unknown; with nobody in it, it tells nothing either */
export function clientKindOf(clients: Clients | undefined): ClientKind | undefined {
  if (clients === undefined) return undefined;
  // A proxy consumes for its clients and is no client of a broker itself.
  if (clients.ofBrokers.size > 0) return 'Remoting';
  return clients.ofProxies.size > 0 ? 'Grpc' : undefined;
}

/**
 * @param found how consumers were last found to connect; undefined: none ever was, and the type that allows less is taken: no
 * more replicas than queues
 */
export function groupTypeOf(
  said: GroupScaling['clients'],
  found: ClientKind | undefined,
  ordered: boolean,
): GroupType {
  const kind = said === 'Auto' ? (found ?? 'Remoting') : said;
  if (kind === 'Grpc') return ordered ? 'PopFifo' : 'Pop';
  return ordered ? 'Orderly' : 'Queue';
}
