import * as z from 'zod';
import { conditionList } from './conditions.ts';
import { type Stored, text, withRules } from './schema/authoring.ts';

const mostReplicas = 1_000;
const daySeconds = 86_400;

/** Why there are to be as many replicas as decided: every word that status.scaling.reason can have. */
export const scalingReasons = {
  Backlog: 'More: what waits would wait longer than sloSeconds allow.',
  ArrivalRate: 'More: more comes than the replicas handle.',
  ServiceRateUnknown:
    'More, twice as many: what waits grows, and what one replica handles was not measured yet.',
  Wake: 'From zero: something waits.',
  Fallback: 'More, to fallbackReplicas: lag has been unknown for longer than staleness.afterSeconds.',
  BelowMinimum: 'More: there were fewer than minReplicas.',
  Spare: 'Fewer: they were not needed for scaleDown.windowSeconds.',
  Idle: 'None: there was nothing to do for scaleToZero.idleSeconds.',
  Bottleneck: 'Fewer: more did not help, what all replicas wait for is slow.',
  AboveBound: 'Fewer: more are not allowed, or of no use.',
  Enough: 'As many: they are enough.',
  Observing: 'As many: too little was observed yet, as after a restart.',
  Refused: 'As many: the group is a broadcast, or somebody else scales the target.',
  Incomplete: 'As many: somebody who was asked about lag did not answer.',
  OffsetsMoved: 'As many, for half a minute: places of the group went back, as after a reset.',
  Stopped: 'None: somebody has set the target to 0. It is scaled again from 1 on.',
  ByHand: 'As many: somebody has set the replicas, which stay so for scaleDown.windowSeconds.',
  Waiting: 'As many, though others are wanted: the message says what is waited for.',
} as const;
export type ScalingReason = keyof typeof scalingReasons;

const scaleTargetRef = z.object({
  apiVersion: text({
    max: 253,
    pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?[/])?v[0-9][a-z0-9]*$/,
    sample: 'apps/v1',
  })
    .default('apps/v1')
    .describe('API group and version of the target.'),
  kind: text({ max: 63, pattern: /^[A-Z][A-Za-z0-9]*$/, sample: 'StatefulSet' })
    .default('Deployment')
    .describe('Kind of the target. It has the subresource scale, and a selector in it.'),
  name: text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'order' }).describe(
    'Name of the target, in the namespace of this object.',
  ),
});

const fields = z.object({
  scaleTargetRef: scaleTargetRef.describe('Whose replicas consume as this group.'),
  minReplicas: z
    .int32()
    .min(0)
    .max(mostReplicas)
    .default(1)
    .describe(
      'Fewest replicas. 0: none while there has been nothing to do for scaleToZero.idleSeconds. Above 0 the target never goes to zero.',
    ),
  maxReplicas: z.int32().min(1).max(mostReplicas).describe('Most replicas.'),
  sloSeconds: z
    .int32()
    .min(1)
    .max(daySeconds)
    .default(30)
    .describe('How long a message may wait, from being stored until it is acknowledged.'),
  actuator: z
    .enum(['Scale', 'Recommend', 'KEDA'])
    .default('Scale')
    .describe(
      'Scale: the replicas are written, by the subresource scale. Recommend: what they should be is told by status and metrics, and nothing is written. KEDA: the same is told to KEDA, whose ScaledObject names this object.',
    ),
  clients: z
    .enum(['Auto', 'Remoting', 'Grpc'])
    .default('Auto')
    .describe(
      'How the consumers connect. Of remoting clients each queue has one, so that more of them than queues are of no use; gRPC clients share all queues. Auto: those that only proxies know are gRPC. Say Remoting where remoting clients connect to proxies.',
    ),
  initialPosition: z
    .enum(['First', 'Last'])
    .default('Last')
    .describe(
      'Where the group begins in a queue in which it has no place yet: whether what is there counts as lag.',
    ),
  replicaMessagesPerMinute: z
    .int32()
    .min(1)
    .exactOptional()
    .describe(
      'Messages that one replica handles in a minute, believed until it was measured. Absent: it is found out.',
    ),
  scaleDown: z
    .object({
      windowSeconds: z
        .int32()
        .min(0)
        .max(daySeconds)
        .default(120)
        .describe('Only replicas that were not needed for so long go.'),
    })
    .prefault({})
    .describe('How replicas go.'),
  scaleToZero: z
    .object({
      idleSeconds: z
        .int32()
        .min(1)
        .max(daySeconds)
        .default(300)
        .describe(
          'How long there has to be nothing to do. Of gRPC groups longer than messages are invisible.',
        ),
      wakeReplicas: z
        .int32()
        .min(1)
        .max(mostReplicas)
        .default(1)
        .describe('Replicas that come first, while it is not known how many messages one handles.'),
    })
    .prefault({})
    .describe('With minReplicas 0: when the last replica goes, and what comes back.'),
  staleness: z
    .object({
      afterSeconds: z
        .int32()
        .min(1)
        .max(daySeconds)
        .default(60)
        .describe('How long lag has to be unknown before replicas are raised to fallbackReplicas.'),
      fallbackReplicas: z
        .int32()
        .min(1)
        .max(mostReplicas)
        .exactOptional()
        .describe('Replicas that there are at least while lag is unknown. Absent: as many as there were.'),
    })
    .prefault({})
    .describe('What happens while lag is unknown. Replicas never go then.'),
});

export const groupScaling = withRules(
  fields,
  {
    id: 'min-replicas-within-max',
    rule: 'self.minReplicas <= self.maxReplicas',
    message: 'minReplicas is above maxReplicas: lower it or raise maxReplicas',
    holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    accepts: { value: { minReplicas: 4, maxReplicas: 4 } },
    refuses: { value: { minReplicas: 5, maxReplicas: 4 } },
  },
  {
    id: 'wake-replicas-within-max',
    rule: 'self.scaleToZero.wakeReplicas <= self.maxReplicas',
    message: 'scaleToZero.wakeReplicas is above maxReplicas: lower it or raise maxReplicas',
    holds: ({ scaleToZero, maxReplicas }) => scaleToZero.wakeReplicas <= maxReplicas,
    accepts: { value: { maxReplicas: 4, scaleToZero: { wakeReplicas: 4 } } },
    refuses: { value: { maxReplicas: 4, scaleToZero: { wakeReplicas: 5 } } },
  },
  {
    id: 'fallback-replicas-within-max',
    rule: '!has(self.staleness.fallbackReplicas) || self.staleness.fallbackReplicas <= self.maxReplicas',
    message: 'staleness.fallbackReplicas is above maxReplicas: lower it or raise maxReplicas',
    holds: ({ staleness, maxReplicas }) => (staleness.fallbackReplicas ?? 0) <= maxReplicas,
    accepts: { value: { maxReplicas: 4, staleness: { fallbackReplicas: 4 } } },
    refuses: { value: { maxReplicas: 4, staleness: { fallbackReplicas: 5 } } },
  },
);
export type GroupScaling = Stored<z.output<typeof groupScaling>>;

/** In steps, so that a status is not written for every message. */
const inputs = z.object({
  lag: z.int().exactOptional().describe('Messages that wait.'),
  oldestSeconds: z.int().exactOptional().describe('Age of the oldest message that waits; 0 below 10 s.'),
  arrivalsPerMinute: z.int().exactOptional().describe('Messages that come.'),
  consumedPerMinute: z.int().exactOptional().describe('Messages that are done.'),
  replicaPerMinute: z.int().exactOptional().describe('Messages that one replica handles.'),
  predictedWaitSeconds: z
    .int()
    .exactOptional()
    .describe('How long the last message of the busiest queue will wait if nothing changes.'),
  usefulReplicas: z.int().exactOptional().describe('More replicas are of no use, or not allowed.'),
  consumers: z.int().describe('Replicas that consume.'),
  starting: z.int().describe('Replicas that start.'),
});

const learned = z.object({
  serviceRate: z
    .object({
      messagesPerSecond: z.number().describe('Messages that one replica handles in a second.'),
      samples: z.int().describe('How often it was measured.'),
      templateHash: z.string().max(253).describe('Of the pods that it was measured on.'),
      measuredAt: z.iso.datetime().describe('When it was measured last.'),
    })
    .exactOptional()
    .describe('What one replica does.'),
  startupMs: z.int().exactOptional().describe('How long a new pod takes until it reads, of the slower ones.'),
  cap: z
    .object({
      replicas: z.int().describe('More did not help.'),
      until: z.iso.datetime().describe('Until then it is not tried again.'),
      holdMs: z.int().describe('How long it holds; the next one holds twice as long.'),
    })
    .exactOptional()
    .describe('What all replicas wait for is slow.'),
  idleSince: z.iso.datetime().exactOptional().describe('Since when there has been nothing to do.'),
});

export const groupScalingStatus = z.object({
  currentReplicas: z.int().exactOptional().describe('Replicas that the target is set to.'),
  desiredReplicas: z.int().exactOptional().describe('Replicas that it should have.'),
  reason: z
    .string()
    .max(64)
    .exactOptional()
    .describe('Why, in one word: of the decision, or of ScalingActive where nothing could be decided.'),
  message: z.string().max(1_024).exactOptional().describe('Why, in a sentence, with what it was decided by.'),
  clients: z.enum(['Remoting', 'Grpc']).exactOptional().describe('How consumers were last found to connect.'),
  inputs: inputs
    .exactOptional()
    .describe('What was observed, rounded down to 1, 2 or 5 times a power of ten.'),
  lastScale: z
    .object({
      time: z.iso.datetime().describe('When.'),
      from: z.int().describe('Replicas before.'),
      to: z.int().describe('Replicas since.'),
      reason: z.string().max(64).describe('Why, in one word; ByHand: somebody else has set it.'),
    })
    .exactOptional()
    .describe('The last change of the replicas.'),
  learned: learned.exactOptional().describe('What a new operator does not have to find out again.'),
  conditions: conditionList(),
});
export type GroupScalingStatus = Stored<z.output<typeof groupScalingStatus>>;
