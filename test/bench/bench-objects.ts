import { RocketMQClusters, Topics, Users, type Topic, type User } from '../../operator/src/api/mod.ts';
import type { ApplyIntent, ResourceType } from '../../operator/src/kube/mod.ts';
import type { DeclaredObject } from '../../operator/src/objects/mod.ts';

export const CLUSTER = 'bench';
export const GROUPS = ['broker-a', 'broker-b'] as const;

const apiVersion = `${RocketMQClusters.group}/${RocketMQClusters.version}`;

/** Small files and heaps: the figures are about the operator, not about the brokers' throughput. */
const smallBroker = {
  mappedFileSizeCommitLog: '67108864',
  mappedFileSizeConsumeQueue: '600000',
  mappedFileSizeTimerLog: '8388608',
  maxHashSlotNum: '50000',
  maxIndexNum: '200000',
  enableCompaction: 'false',
  diskMaxUsedSpaceRatio: '95',
};

const resources = (request: string, limit: string) => ({
  requests: { cpu: '25m', memory: request },
  limits: { memory: limit },
});

export interface ClusterSize {
  /** Members of each group. */
  readonly members: number;
  readonly nameServers: number;
  readonly controllers: number;
}

/** As many servers as the bars are about. */
export const fullSize: ClusterSize = { members: 3, nameServers: 3, controllers: 3 };
/** What there is room for where real JVMs run on one machine. */
export const smallSize: ClusterSize = { members: 1, nameServers: 1, controllers: 1 };

export function benchCluster(
  namespace: string,
  { members, nameServers, controllers }: ClusterSize,
): ApplyIntent {
  const intent = {
    apiVersion,
    kind: RocketMQClusters.kind,
    metadata: { namespace, name: CLUSTER },
    spec: {
      version: '5.5.0',
      nameServers: { replicas: nameServers, resources: resources('256Mi', '384Mi') },
      controllers: {
        replicas: controllers,
        storage: { size: '1Gi' },
        resources: resources('256Mi', '448Mi'),
      },
      brokers: {
        replicas: members,
        groups: GROUPS.map((name) => ({ name })),
        storage: { size: '2Gi' },
        resources: resources('640Mi', '896Mi'),
        config: smallBroker,
      },
      proxy: { replicas: 1, resources: resources('320Mi', '512Mi') },
      security: { acl: { enabled: true } },
    },
  };
  return intent;
}

/** Objects of one kind, as the benchmarks make them. */
export interface BenchKind<O extends DeclaredObject> {
  readonly type: ResourceType<O>;
  /** @param edits how often it was edited: each time something else is declared than before */
  intent(namespace: string, name: string, edits: number): ApplyIntent;
}

export const benchTopics: BenchKind<Topic> = {
  type: Topics,
  intent: (namespace, name, edits) =>
    withSpec(
      { kind: Topics.kind, namespace, name },
      {
        type: 'Normal',
        queuesPerBroker: 4,
        permission: edits % 2 === 0 ? 'ReadWrite' : 'ReadOnly',
      },
    ),
};

/** What a client of one topic and one group needs, and a topic that all of them read. */
export const benchUsers: BenchKind<User> = {
  type: Users,
  intent: (namespace, name, edits) =>
    withSpec(
      { kind: Users.kind, namespace, name },
      {
        policies: [
          { resource: `Topic:${name}`, actions: edits % 2 === 0 ? ['Pub', 'Sub'] : ['Pub'] },
          { resource: `Group:${name}`, actions: ['Sub'] },
          { resource: 'Topic:shared-*', actions: ['Sub'] },
        ],
      },
    ),
};

function withSpec(
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string },
  spec: object,
): ApplyIntent {
  const intent = {
    apiVersion,
    kind,
    metadata: { namespace, name },
    spec: { clusterRef: { name: CLUSTER }, ...spec },
  };
  return intent;
}
