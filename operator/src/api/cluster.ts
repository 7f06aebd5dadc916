import * as z from 'zod';
import { allowedNamespaces } from './allowed-namespaces.ts';
import { brokers } from './brokers.ts';
import { component, storage, unchanged } from './cluster-parts.ts';
import {
  atomicList,
  type DeclaredRule,
  mapList,
  setList,
  type Stored,
  text,
  withRules,
} from './schema/authoring.ts';

/** The first is the default. A version is here once the operator's tests ran against it. */
const supportedVersions = ['5.5.0', '5.4.0'] as const;

/** Services, StatefulSets and pods are named after the cluster, and label values end at 63 characters. */
export const clusterNameMax = 40;

const nameServers = z.object({
  replicas: z
    .int32()
    .min(1)
    .max(9)
    .default(3)
    .describe('How many name servers. Every one knows every route.'),
  ...component,
});

const defaultControllers = 3;
const raftGroupFixed = 'the number of controllers cannot change: it is the Raft group of the cluster';

const controllers = z.object({
  replicas: withRules(z.literal([1, 3, 5]).default(defaultControllers), {
    id: 'controllers-immutable',
    rule: unchanged,
    message: raftGroupFixed,
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

const proxy = z.object({
  replicas: z.int32().min(1).max(64).default(2).describe('How many proxies.'),
  ...component,
});

const limits = z.object({
  maxMessageBytes: z
    .int32()
    .min(1024)
    // RocketMQ closes a connection over a frame of more than 16 MiB (NettyDecoder), and a message has properties beside its body.
    .max(16_711_680)
    .default(4_194_304)
    .describe(
      'Largest body of a message in bytes, the same on brokers and proxies. RocketMQ transports no more than 16 MiB at once.',
    ),
  maxDelaySeconds: z
    .int32()
    .min(60)
    .max(3_456_000)
    .default(259_200)
    .describe('Longest delay of a timed message in seconds, the same on brokers and proxies.'),
});

/** Every API server labels a namespace by its name, so that policies can tell it. */
const namespaces = () =>
  setList(text({ max: 63, pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, sample: 'orders' }), 64).min(1);

const security = z.object({
  acl: z
    .object({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          'Whether brokers and proxies check who sends a request, and whether he may. On a cluster that runs, members restart twice for it: requests are checked once all of them sign theirs and every User of the cluster is on every broker.',
        ),
    })
    .prefault({})
    .describe('Access control. Declare a User for each client.'),
  networkPolicy: z
    .object({
      mode: z
        .enum(['Enabled', 'Disabled'])
        .default('Disabled')
        .describe(
          'Enabled: name servers, controllers and brokers are reached by pods of the cluster and by the operator alone, where the network of Kubernetes enforces policies. Clients go through the proxies.',
        ),
      clientNamespaces: namespaces()
        .exactOptional()
        .describe('Namespaces whose pods may connect to the proxies. Absent: everybody may.'),
    })
    .prefault({})
    .describe('Who may connect to whom.'),
});

const monitoring = z.object({
  brokerMetrics: z
    .enum(['Enabled', 'Disabled'])
    .default('Disabled')
    .describe(
      'Enabled: brokers export their metrics for Prometheus on port 5557, and the operator reads from there how many messages are in flight. Every broker restarts once for it.',
    ),
  scraperNamespaces: namespaces()
    .exactOptional()
    .describe(
      'Namespaces whose pods may connect to that port while security.networkPolicy.mode is Enabled. Absent: none.',
    ),
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

const fields = z.object({
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
  controllers: controllers
    .exactOptional()
    .describe(
      'The controllers: they elect the master of each group. Absent: three, or none with failover Static.',
    ),
  brokers: brokers.describe('The brokers: they keep the messages.'),
  proxy: proxy.prefault({}).describe('The proxies: clients connect to them, by gRPC or remoting.'),
  limits: limits.prefault({}).describe('Limits that brokers and proxies must agree on.'),
  security: security.prefault({}).describe('Who may do what.'),
  monitoring: monitoring.prefault({}).describe('What can be measured.'),
  maintenanceWindows: atomicList(maintenanceWindow, 16)
    .exactOptional()
    .describe(
      'When healthy members may be restarted for a change of this spec. Absent or empty: at any time. Healing never waits.',
    ),
  deletionPolicy: z
    .enum(['Retain'])
    .default('Retain')
    .describe('What becomes of the volumes when the cluster is deleted. Retain: they are kept.'),
  allowedNamespaces: allowedNamespaces
    .prefault({})
    .describe(
      'From which namespaces Topics, ConsumerGroups and Users are taken. Those of the namespace of the cluster always are.',
    ),
});

const controllerRules: readonly DeclaredRule<z.output<typeof fields>>[] = [
  {
    id: 'controllers-only-to-elect',
    rule: "self.brokers.failover != 'Static' || !has(self.controllers)",
    message: 'with failover Static nobody elects, and no controllers run: remove controllers',
    holds: (spec) => spec.brokers.failover !== 'Static' || spec.controllers === undefined,
    accepts: { value: { brokers: { failover: 'Static' } } },
    refuses: { value: { brokers: { failover: 'Static' }, controllers: {} } },
  },
  {
    // As long as the field is there before and after, its own rule says the same.
    id: 'controllers-immutable',
    rule: `has(self.controllers) == has(oldSelf.controllers) || (has(self.controllers) ? self.controllers.replicas : oldSelf.controllers.replicas) == ${defaultControllers}`,
    message: raftGroupFixed,
    accepts: { from: {}, value: { controllers: { replicas: defaultControllers } } },
    refuses: { from: {}, value: { controllers: { replicas: 1 } } },
  },
];

export const rocketMQClusterSpec = withRules(fields, ...controllerRules);

/** Spec with all defaults applied, as the API server stores it. */
export type RocketMQClusterSpec = Stored<z.output<typeof rocketMQClusterSpec>>;
/** Spec as a user writes it. */
export type RocketMQClusterInput = Stored<z.input<typeof rocketMQClusterSpec>>;
export type BrokerGroup = RocketMQClusterSpec['brokers']['groups'][number];
type Controllers = NonNullable<RocketMQClusterSpec['controllers']>;

const usualControllers: Controllers = controllers.parse({});

/** The controllers that run for a cluster; nothing where nobody elects. */
export function controllersOf(spec: RocketMQClusterSpec): Controllers | undefined {
  return spec.brokers.failover === 'Static' ? undefined : (spec.controllers ?? usualControllers);
}

/** Whether brokers export their metrics. */
export function exportsMetrics({ monitoring: { brokerMetrics } }: RocketMQClusterSpec): boolean {
  return brokerMetrics === 'Enabled';
}

/** The volume of a group's members: its own fields, and the common ones for the rest. */
export function groupStorage(
  spec: RocketMQClusterSpec,
  group: BrokerGroup,
): RocketMQClusterSpec['brokers']['storage'] {
  return { ...spec.brokers.storage, ...group.storage };
}
