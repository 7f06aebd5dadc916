/** What decide.ts has learned, as the status keeps it for the next process. Pure. */
import type { GroupScalingStatus } from '../api/mod.ts';
import { toKubeTime } from '../kube/mod.ts';
import type { Learned } from './model.ts';

export type LearnedStatus = NonNullable<GroupScalingStatus['learned']>;
export type LastScaleStatus = NonNullable<GroupScalingStatus['lastScale']>;

export function learnedStatus({ serviceRate, startupMs, cap, idleSinceAtMs }: Learned): LearnedStatus {
  return {
    ...(serviceRate === undefined
      ? {}
      : {
          serviceRate: {
            messagesPerSecond: Number(serviceRate.perReplica.toPrecision(3)),
            samples: serviceRate.samples,
            templateHash: serviceRate.templateHash,
            measuredAt: toKubeTime(serviceRate.measuredAtMs),
          },
        }),
    ...(startupMs === undefined ? {} : { startupMs: Math.round(startupMs) }),
    ...(cap === undefined
      ? {}
      : {
          cap: {
            replicas: cap.replicas,
            until: toKubeTime(cap.untilAtMs),
            holdMs: Math.round(cap.holdMs),
          },
        }),
    ...(idleSinceAtMs === undefined ? {} : { idleSince: toKubeTime(idleSinceAtMs) }),
  };
}

export function learnedOf(status: GroupScalingStatus | undefined): Learned {
  const { serviceRate, startupMs, cap, idleSince } = status?.learned ?? {};
  const lastScale = status?.lastScale;
  return {
    ...(serviceRate === undefined
      ? {}
      : {
          serviceRate: {
            perReplica: serviceRate.messagesPerSecond,
            samples: serviceRate.samples,
            templateHash: serviceRate.templateHash,
            measuredAtMs: Date.parse(serviceRate.measuredAt),
          },
        }),
    ...(startupMs === undefined ? {} : { startupMs }),
    ...(cap === undefined
      ? {}
      : { cap: { replicas: cap.replicas, untilAtMs: Date.parse(cap.until), holdMs: cap.holdMs } }),
    ...(lastScale === undefined ? {} : { lastScale: lastScaleOf(lastScale) }),
    ...(idleSince === undefined ? {} : { idleSinceAtMs: Date.parse(idleSince) }),
  };
}

function lastScaleOf({ time, from, to }: LastScaleStatus): NonNullable<Learned['lastScale']> {
  return { atMs: Date.parse(time), replicas: to, up: to > from };
}
