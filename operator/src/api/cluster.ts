import * as z from 'zod';
import { conditionList } from './conditions.ts';
import { podTemplate } from './pod-template.ts';
import { resources, volumeSize } from './quantity.ts';
import { atomicList, mapList, setList, type Stored, text, withRules } from './schema/authoring.ts';
import { settings } from './settings.ts';

/** The first is the default. A version is here once the operator's tests ran against it. */
const supportedVersions = ['5.5.0', '5.4.0'] as const;

/** Services, StatefulSets and pods are named after the cluster, and label values end at 63 characters. */
export const clusterNameMax = 40;

const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const storageClassName = () =>
  text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'standard' });

const component = {
  resources: resources
    .exactOptional()
    .describe('CPU and memory of each pod; every component has its own default.'),
  podTemplate: podTemplate.exactOptional().describe('What to add to each pod.'),
  config: settings().default({}).describe('Settings of the RocketMQ process, by their RocketMQ names.'),
};

const storage = (defaultSize: string) =>
  z.object({
    size: volumeSize().default(defaultSize).describe('Size of each volume.'),
    storageClassName: storageClassName()
      .exactOptional()
      .describe('Storage class; absent: the default class.'),
  });

const unchanged = 'self == oldSelf';
const nameServers = z.object({
  replicas: z
    .int32()
    .min(1)
    .max(9)
    .default(3)
    .describe('How many name servers. Every one knows every route.'),
  ...component,
});

const controllers = z.object({
  replicas: withRules(z.literal([1, 3, 5]).default(3), {
    id: 'controllers-immutable',
    rule: unchanged,
    message: 'the number of controllers cannot change: it is the Raft group of the cluster',
    accepts: { from: 1, value: 1 },
    refuses: { from: 1, value: 3 },
  }).describe('How many controllers: 1, 3 or 5. They elect the master of each broker group.'),
  storage: storage('1Gi')
    .prefault({})
    .describe(
      'Volume of each controller: the Raft log and its snapshots. A volume that is bound does not change.',
    ),
  ...component,
});

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

const brokers = withRules(
  z.object({
    failover: z
      .enum(['Controller'])
      .default('Controller')
      .describe(
        'Who decides which member is master. Controller: the controllers elect one, without data loss.',
      ),
    replication: z
      .enum(['Sync', 'Async'])
      .default('Sync')
      .describe(
        'Sync: a send is acknowledged once every member in the sync-state set has it. Async: once the master has it.',
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
        'Members that must be in sync for a send to be accepted, the master included. Absent: half of replicas, rounded up (2 of 3, 1 of 2). Equal to replicas: writes stop as soon as one member is away.',
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
  }),
  {
    id: 'min-in-sync-within-replicas',
    rule: '!has(self.minInSyncReplicas) || self.minInSyncReplicas <= self.replicas',
    message: 'minInSyncReplicas is above replicas, so no send could ever be accepted: lower it',
    holds: (value) => value.minInSyncReplicas === undefined || value.minInSyncReplicas <= value.replicas,
    accepts: { value: { replicas: 2, minInSyncReplicas: 2 } },
    refuses: { value: { replicas: 2, minInSyncReplicas: 3 } },
  },
);

const proxy = z.object({
  replicas: z.int32().min(1).max(64).default(2).describe('How many proxies.'),
  ...component,
});

const limits = z.object({
  maxMessageBytes: z
    .int32()
    .min(1024)
    .max(67_108_864)
    .default(4_194_304)
    .describe('Largest body of a message in bytes, the same on brokers and proxies.'),
  maxDelaySeconds: z
    .int32()
    .min(60)
    .max(3_456_000)
    .default(259_200)
    .describe('Longest delay of a timed message in seconds, the same on brokers and proxies.'),
});

const cronField = '[0-9*,/-]+';
const namedCronField = '[0-9A-Za-z*,/-]+';

const maintenanceWindow = z.object({
  schedule: text({
    max: 128,
    pattern: new RegExp(`^${cronField} ${cronField} ${cronField} ${namedCronField} ${namedCronField}$`),
    sample: '0 2 * * SUN',
  }).describe(
    'When it opens, as in cron: minute, hour, day of month, month, day of week. 0 2 * * SUN is Sundays at two.',
  ),
  durationMinutes: z.int32().min(1).max(10_080).describe('How long it stays open.'),
  timeZone: text({ max: 64, pattern: /^[A-Za-z][A-Za-z0-9_+/-]*$/, sample: 'Europe/Berlin' })
    .default('UTC')
    .describe('Time zone of the schedule, by its IANA name.'),
});

export const rocketMQClusterSpec = z.object({
  version: z
    .enum(supportedVersions)
    .default('5.5.0')
    .describe(
      'Version of RocketMQ. Another one is rolled out when RocketMQ can go there from what runs, and refused by the condition ConfigValid when it cannot: 5.4.0 to 5.5.0 can, back cannot.',
    ),
  image: text({
    max: 512,
    pattern: /^[a-z0-9][-a-z0-9._:/]*[a-z0-9](:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[a-f0-9]{64})?$/,
    sample: 'apache/rocketmq:5.5.0',
  })
    .exactOptional()
    .describe('Image, by tag or digest, of the same version. Absent: apache/rocketmq:<version>.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .describe('When to pull the image.'),
  imagePullSecrets: mapList(
    z.object({
      name: text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'registry' }).describe(
        'Name of a Secret of this namespace.',
      ),
    }),
    'name',
    8,
  )
    .exactOptional()
    .describe('Secrets to pull the image with.'),
  nameServers: nameServers.prefault({}).describe('The name servers: they know which broker has which topic.'),
  controllers: controllers.prefault({}).describe('The controllers: they elect the master of each group.'),
  brokers: brokers.describe('The brokers: they keep the messages.'),
  proxy: proxy.prefault({}).describe('The proxies: clients connect to them, by gRPC or remoting.'),
  limits: limits.prefault({}).describe('Limits that brokers and proxies must agree on.'),
  maintenanceWindows: atomicList(maintenanceWindow, 16)
    .exactOptional()
    .describe(
      'When healthy members may be restarted for a change of this spec. Absent or empty: at any time. Healing never waits.',
    ),
  deletionPolicy: z
    .enum(['Retain'])
    .default('Retain')
    .describe('What becomes of the volumes when the cluster is deleted. Retain: they are kept.'),
});

/** Spec with all defaults applied, as the API server stores it. */
export type RocketMQClusterSpec = Stored<z.output<typeof rocketMQClusterSpec>>;
/** Spec as a user writes it. */
export type RocketMQClusterInput = Stored<z.input<typeof rocketMQClusterSpec>>;
export type BrokerGroup = RocketMQClusterSpec['brokers']['groups'][number];

const address = () => z.string().max(320);
const podName = () => z.string().max(253);

const memberStatus = z.object({
  name: podName().describe('Name of the pod.'),
  role: z
    .enum(['Master', 'Replica'])
    .exactOptional()
    .describe('What the controllers say it is; absent: unknown.'),
  inSync: z.boolean().exactOptional().describe('Whether it is in the sync-state set; absent: unknown.'),
  ready: z.boolean().describe('Whether the pod is ready.'),
  fenced: z.boolean().exactOptional().describe('True while an annotation keeps it down.'),
  version: z
    .string()
    .max(32)
    .exactOptional()
    .describe('Version of RocketMQ that it last said it runs; absent: it never said.'),
});

const groupStatus = z.object({
  name: z.string().max(30).describe('Name of the group.'),
  master: podName().exactOptional().describe('Pod of the master; absent: none or unknown.'),
  epoch: z.int().exactOptional().describe('How often a master was elected; absent: unknown.'),
  inSync: z.int32().exactOptional().describe('Members in the sync-state set; absent: unknown.'),
  members: mapList(memberStatus, 'name', 8).describe('The members.'),
});

const rolloutStatus = z.object({
  changes: z.string().max(512).describe('What the members restart for.'),
  progress: z.string().max(16).describe('Members that are done, of those that it is about.'),
  updated: z.int32().min(0).describe('How many are done: made anew, and back.'),
  total: z.int32().min(0).describe('How many it is about.'),
  step: z
    .enum(['Restarting', 'HandingOver', 'Waiting'])
    .describe(
      'Restarting: the pod stops, starts or catches up. HandingOver: another member becomes master. Waiting: nobody is on the way.',
    ),
  pod: podName().exactOptional().describe('Which member the step is about.'),
  waitingFor: z.string().max(512).exactOptional().describe('What has to be the case for the next step.'),
  startedAt: z.iso.datetime().describe('When the first of them was due.'),
});

export const rocketMQClusterStatus = z.object({
  observedGeneration: z.int().exactOptional().describe('Generation of the spec that this status is about.'),
  conditions: conditionList(),
  version: z
    .string()
    .max(32)
    .exactOptional()
    .describe('Version that every broker runs; in the middle of a step, the one before.'),
  endpoints: z
    .object({
      nameServers: setList(address(), 16).exactOptional().describe('host:port of each name server.'),
      controllers: setList(address(), 8).exactOptional().describe('host:port of each controller.'),
      grpc: address().exactOptional().describe('host:port for gRPC clients.'),
      remoting: address().exactOptional().describe('host:port for remoting clients.'),
    })
    .exactOptional()
    .describe('Where to connect from inside the Kubernetes cluster.'),
  groups: mapList(groupStatus, 'name', 64)
    .exactOptional()
    .describe('The broker groups, as brokers and controllers report them.'),
  masters: z.string().max(16).exactOptional().describe('Groups that have a master, of all groups.'),
  rollout: rolloutStatus
    .exactOptional()
    .describe('The restarts that are under way or still to come; absent when there are none.'),
  pendingRestart: mapList(
    z.object({
      pod: podName().describe('Name of the pod.'),
      reason: z.string().max(64).describe('Why, in one word.'),
      message: z.string().max(1024).exactOptional().describe('Why, in a sentence.'),
    }),
    'pod',
    256,
  )
    .exactOptional()
    .describe('Pods that still run an older template or configuration.'),
});
export type RocketMQClusterStatus = Stored<z.output<typeof rocketMQClusterStatus>>;

/** Members that must be in sync for a send to be accepted: as asked, or half of the replicas, rounded up. */
export function minInSyncReplicas(brokersSpec: {
  readonly replicas: number;
  readonly minInSyncReplicas?: number;
}): number {
  return brokersSpec.minInSyncReplicas ?? Math.ceil(brokersSpec.replicas / 2);
}

/** The volume of a group's members: its own fields, and the common ones for the rest. */
export function groupStorage(
  spec: RocketMQClusterSpec,
  group: BrokerGroup,
): RocketMQClusterSpec['brokers']['storage'] {
  return { ...spec.brokers.storage, ...group.storage };
}
