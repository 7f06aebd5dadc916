/** `spec.brokers`: the groups, and what holds a message in them. */
import * as z from 'zod';
import { component, dnsLabel, storage, storageClassName, unchanged } from './cluster-parts.ts';
import { volumeSize } from './quantity.ts';
import { mapList, type DeclaredRule, type Stored, text, withRules } from './schema/authoring.ts';

const brokerGroup = z.object({
  name: text({ max: 30, pattern: dnsLabel, sample: 'broker-a' }).describe(
    'Name of the group: the brokerName of RocketMQ, and part of the names of its pods.',
  ),
  storage: z
    .object({
      size: volumeSize().exactOptional().describe('Size of each volume of this group.'),
      storageClassName: storageClassName().exactOptional().describe('Storage class of this group.'),
    })
    .exactOptional()
    .describe('Takes the place of the same fields of brokers.storage for this group.'),
});

const fields = z.object({
  failover: withRules(z.enum(['Controller', 'Static']).default('Controller'), {
    id: 'failover-immutable',
    rule: unchanged,
    message:
      'failover cannot change: the volumes of elected and of fixed members are not interchangeable; make another cluster',
    accepts: { from: 'Static', value: 'Static' },
    refuses: { from: 'Controller', value: 'Static' },
  }).describe(
    'Who decides which member is master. Controller: the controllers elect one, without data loss. Static: the first member of each group, for good; its group takes no writes while it is away.',
  ),
  replication: z
    .enum(['Sync', 'Async'])
    .default('Sync')
    .describe(
      'Sync: a send is acknowledged once every member in the sync-state set has it; with failover Static once minInSyncReplicas members have it. Async: once the master has it.',
    ),
  flush: z
    .enum(['Sync', 'Async'])
    .default('Sync')
    .describe('Sync: a send is acknowledged once it is on the disk. Async: once it is in memory.'),
  replicas: withRules(z.int32().min(1).max(5).default(3), {
    id: 'members-not-removed',
    rule: 'self >= oldSelf',
    message: 'members of a broker group cannot be removed yet: restore the old number',
    accepts: { from: 3, value: 4 },
    refuses: { from: 3, value: 2 },
  }).describe('Members of each group, the master included.'),
  minInSyncReplicas: z
    .int32()
    .min(1)
    .max(5)
    .exactOptional()
    .describe(
      'Members that must be in sync for a send to be accepted, the master included. Absent: half of replicas, rounded up (2 of 3, 1 of 2), and with failover Static at least 2. Equal to replicas: writes stop as soon as one member is away.',
    ),
  groups: withRules(mapList(brokerGroup, 'name', 32).min(1), {
    id: 'groups-not-removed',
    rule: 'oldSelf.all(old, self.exists(group, group.name == old.name))',
    message: 'a broker group cannot be removed yet: its messages would be lost; restore it',
    accepts: {
      from: [{ name: 'broker-a' }],
      value: [{ name: 'broker-b' }, { name: 'broker-a' }],
    },
    refuses: {
      from: [{ name: 'broker-a' }, { name: 'broker-b' }],
      value: [{ name: 'broker-b' }],
    },
  }).describe('The broker groups. Messages are spread over them; each has one master.'),
  storage: storage('20Gi')
    .prefault({})
    .describe('Volume of each member. A volume that is bound does not change.'),
  ...component,
});

type Fields = z.output<typeof fields>;

const minInSyncRules: readonly DeclaredRule<Fields>[] = [
  {
    id: 'min-in-sync-within-replicas',
    rule: '!has(self.minInSyncReplicas) || self.minInSyncReplicas <= self.replicas',
    message: 'minInSyncReplicas is above replicas, so no send could ever be accepted: lower it',
    holds: ({ minInSyncReplicas: min, replicas }) => min === undefined || min <= replicas,
    accepts: { value: { replicas: 2, minInSyncReplicas: 2 } },
    refuses: { value: { replicas: 2, minInSyncReplicas: 3 } },
  },
  {
    // RocketMQ waits for inSyncReplicas members, the master included: for 1 it does not wait at all.
    id: 'static-sync-waits',
    rule: "self.failover != 'Static' || self.replication != 'Sync' || self.replicas == 1 || !has(self.minInSyncReplicas) || self.minInSyncReplicas > 1",
    message:
      'with failover Static a send waits for minInSyncReplicas members, so 1 would wait for no replica: set 2 or more, or replication Async',
    holds: ({ failover, replication, replicas, minInSyncReplicas: min }) =>
      failover !== 'Static' || replication !== 'Sync' || replicas === 1 || min === undefined || min > 1,
    accepts: { value: { failover: 'Static', replicas: 2, minInSyncReplicas: 2 } },
    refuses: { value: { failover: 'Static', replicas: 2, minInSyncReplicas: 1 } },
  },
  {
    id: 'static-async-waits-for-nobody',
    rule: "self.failover != 'Static' || self.replication != 'Async' || !has(self.minInSyncReplicas)",
    message:
      'with failover Static and replication Async no send waits for a replica: remove minInSyncReplicas, or set replication Sync',
    holds: ({ failover, replication, minInSyncReplicas: min }) =>
      failover !== 'Static' || replication !== 'Async' || min === undefined,
    accepts: { value: { failover: 'Static', replication: 'Async' } },
    refuses: { value: { failover: 'Static', replication: 'Async', minInSyncReplicas: 2 } },
  },
];

export const brokers = withRules(fields, ...minInSyncRules);

type Brokers = Stored<z.output<typeof brokers>>;

/**
 * Members that must be in sync for a send to be accepted: as asked, or half of the replicas, rounded up. A fixed
 * master waits for just as many and not, as an elected one, for everybody in sync; so two are the least.
 */
export function minInSyncReplicas(
  brokersSpec: Pick<Brokers, 'failover' | 'replication' | 'replicas' | 'minInSyncReplicas'>,
): number {
  const { failover, replication, replicas } = brokersSpec;
  const half = Math.ceil(replicas / 2);
  if (failover === 'Controller') return brokersSpec.minInSyncReplicas ?? half;
  if (replication === 'Async') return 1;
  return brokersSpec.minInSyncReplicas ?? Math.min(replicas, Math.max(2, half));
}
