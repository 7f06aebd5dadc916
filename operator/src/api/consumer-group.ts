import * as z from 'zod';
import { adoptionPolicy } from './adoption.ts';
import { clusterRef } from './cluster-ref.ts';
import { conditionList } from './conditions.ts';
import { deletionPolicy } from './deletion.ts';
import { differing } from './differing.ts';
import {
  groupNameMax,
  groupNameProblem,
  namePattern,
  notReservedCel,
  reservedGroupPrefixes,
  systemGroups,
  topicNameMax,
} from './names.ts';
import { groupScaling, groupScalingStatus } from './scaling.ts';
import { atomicList, setList, type Stored, text, withRules } from './schema/authoring.ts';

const dayMs = 86_400_000;

const exponential = withRules(
  z.object({
    initialMs: z.int32().min(1).max(dayMs).default(5000).describe('Delay before the first retry.'),
    maxMs: z.int32().min(1).max(dayMs).default(7_200_000).describe('Longest delay.'),
    multiplier: z.int32().min(1).max(100).default(2).describe('Factor from one delay to the next.'),
  }),
  {
    id: 'exponential-order',
    rule: 'self.initialMs <= self.maxMs',
    message: 'initialMs is above maxMs: lower it or raise maxMs',
    holds: (value) => value.initialMs <= value.maxMs,
    accepts: { value: { initialMs: 10, maxMs: 10 } },
    refuses: { value: { initialMs: 11, maxMs: 10 } },
  },
);

const policy = withRules(
  z.object({
    exponential: exponential.exactOptional().describe('Delays that grow.'),
    custom: z
      .object({
        delaysMs: atomicList(z.int32().min(1).max(dayMs), 64)
          .min(1)
          .describe('Delay before each retry; the last one goes on.'),
      })
      .exactOptional()
      .describe('Delays given one by one.'),
  }),
  {
    id: 'one-retry-policy',
    rule: 'has(self.exponential) != has(self.custom)',
    message: 'give exactly one of exponential and custom',
    holds: (value) => (value.exponential === undefined) !== (value.custom === undefined),
    accepts: { value: { custom: { delaysMs: [1000] } } },
    refuses: { value: { custom: { delaysMs: [1000] }, exponential: {} } },
  },
);

const resetTarget =
  /^(Earliest|Latest|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z)$/;

export const consumerGroupSpec = z.object({
  clusterRef: clusterRef(),
  groupName: withRules(text({ max: groupNameMax, pattern: namePattern, sample: 'GID_order' }), {
    id: 'group-name-not-system',
    rule: notReservedCel(systemGroups, reservedGroupPrefixes),
    message: 'groupName is a name of RocketMQ itself: choose another',
    holds: (name) => groupNameProblem(name) !== 'System',
    accepts: { value: 'CID_orders' },
    refuses: { value: 'CID_RMQ_SYS_orders' },
  })
    .exactOptional()
    .describe('Name of the group in RocketMQ. Absent: metadata.name. Cannot change.'),
  ordered: z
    .boolean()
    .default(false)
    .describe('Whether messages of one message group are delivered one after the other.'),
  broadcast: z.boolean().default(false).describe('Whether every consumer may get every message.'),
  retry: z
    .object({
      maxAttempts: z
        .int32()
        .min(1)
        .max(1000)
        .default(16)
        .describe('Deliveries before a message becomes a dead letter.'),
      policy: policy
        .exactOptional()
        .describe('Delays between deliveries. Absent: the table of RocketMQ itself, from 10 s to 2 h.'),
    })
    .prefault({})
    .describe('What happens to a message that could not be consumed.'),
  resetOffset: z
    .object({
      id: text({
        max: 63,
        pattern: /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
        sample: 'replay-1',
      }).describe('Name of this reset. It is carried out once; another id is another reset.'),
      to: text({ max: 40, pattern: resetTarget, sample: '2026-11-29T08:00:00Z' }).describe(
        'Earliest: everything that is there is delivered again. Latest: everything that was sent before is skipped. A time, as 2026-11-29T08:00:00Z: what was stored since is delivered.',
      ),
      topics: setList(text({ max: topicNameMax, pattern: namePattern, sample: 'ORDERS' }), 64)
        .min(1)
        .exactOptional()
        .describe('Only in these topics. Absent: in every topic that the group reads.'),
      dryRun: z
        .boolean()
        .default(false)
        .describe('Only says in the status how many messages it would concern.'),
    })
    .exactOptional()
    .describe('Moves the places of the group, on every broker group. Retries and dead letters stay.'),
  scaling: groupScaling
    .exactOptional()
    .describe('Sets the replicas of the consumers by what waits for the group. Absent: nobody does.'),
  adoptionPolicy: adoptionPolicy('group'),
  deletionPolicy: deletionPolicy('group', {
    kept: 'it is kept, with its offsets',
    gone: 'it goes, with its offsets and the messages that were to be tried again; dead letters stay where there are any',
  }),
});

export type ConsumerGroupSpec = Stored<z.output<typeof consumerGroupSpec>>;

export const consumerGroupStatus = z.object({
  observedGeneration: z.int().exactOptional().describe('Generation of the spec that this status is about.'),
  conditions: conditionList(),
  groupName: z.string().max(groupNameMax).exactOptional().describe('Name of the group in RocketMQ.'),
  groups: setList(z.string().max(30), 64)
    .exactOptional()
    .describe('Broker groups whose master was last read back with this consumer group as it should be.'),
  differing: differing('consumer group'),
  ownedOn: setList(z.string().max(30), 64)
    .exactOptional()
    .describe('Broker groups on which the group is this object’s own, and goes with it if it is to.'),
  resetOffset: z
    .object({
      id: z.string().max(63).describe('Id of the reset.'),
      state: z
        .enum(['Planning', 'Planned', 'Running', 'Done', 'Refused'])
        .describe('Planning, Planned: of a dry run. Running: it goes on by itself, also after a restart.'),
      toTime: z.iso.datetime().exactOptional().describe('The time that the places are moved to.'),
      topics: setList(z.string().max(topicNameMax), 64).exactOptional().describe('Only in these topics.'),
      again: z.int().exactOptional().describe('Messages that are delivered once more.'),
      skipped: z.int().exactOptional().describe('Messages that are not delivered.'),
      doneOn: setList(z.string().max(30), 64).exactOptional().describe('Broker groups that it is done on.'),
      message: z.string().max(1024).exactOptional().describe('What is in the way.'),
    })
    .exactOptional()
    .describe('The last reset of offsets.'),
  consumption: z
    .object({
      lag: z
        .int()
        .exactOptional()
        .describe(
          'Messages that wait for the group, retries among them, rounded down to 1, 2 or 5 times a power of ten. Of gRPC groups that are not ordered without those that were delivered and not acknowledged yet.',
        ),
      oldestSeconds: z
        .int()
        .exactOptional()
        .describe('Age of the oldest message that waits in seconds, rounded likewise; 0 below 10 s.'),
      members: z.int().exactOptional().describe('Clients that are connected.'),
      inFlight: z
        .int()
        .exactOptional()
        .describe(
          'Messages that were delivered and are not acknowledged yet, rounded as the lag; only with monitoring.brokerMetrics of the cluster, and while brokers know who reads.',
        ),
      deadLetters: z.int().exactOptional().describe('Messages that could not be consumed.'),
    })
    .exactOptional()
    .describe(
      'How the group is doing, renewed at most once a minute. A field that is absent is unknown: a master or a proxy does not answer, or the group has not begun.',
    ),
  scaling: groupScalingStatus
    .exactOptional()
    .describe('What spec.scaling comes to, renewed at most once a minute and when replicas change.'),
});
export type ConsumerGroupStatus = Stored<z.output<typeof consumerGroupStatus>>;

/** The name in RocketMQ: spec.groupName, or the object's own. */
export function groupNameOf(group: {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly groupName?: string | undefined };
}): string {
  return group.spec.groupName ?? group.metadata.name;
}
