/** What lives on a cluster, and what of it is declared. Changes nothing. */
import {
  clusterKeyIn,
  ConsumerGroups,
  groupNameOf,
  RocketMQClusters,
  topicNameOf,
  Topics,
  userNameOf,
  Users,
  type ConsumerGroup,
  type Topic,
  type User,
} from '../../api/mod.ts';
import { clusterView } from '../../cluster/mod.ts';
import {
  findCondition,
  listAll,
  Secrets,
  type KubeApi,
  type KubeObject,
  type Secret,
} from '../../kube/mod.ts';
import {
  firstLine,
  observeTopology,
  readable,
  type ClusterView,
  type DeclaredObject,
  type RocketmqServers,
} from '../../objects/mod.ts';
import type { CallOptions, SubscriptionGroupConfig, TopicConfig } from '../../rocketmq/mod.ts';
import type { ActualUser } from '../../user/mod.ts';
import { consumerGroups, topics, type Importable } from './kinds.ts';
import type { Found, Target } from './plan.ts';
import { importableUsers } from './users.ts';

/** Something that a person has to know before anything can be imported. */
export class ImportError extends Error {
  readonly code = 'CannotImport';
  readonly retryable = true;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ImportError';
  }
}

export interface Living {
  readonly target: Target;
  readonly topics: Found<TopicConfig>;
  readonly groups: Found<SubscriptionGroupConfig>;
  /** Nothing of a cluster without access control. */
  readonly users: Found<ActualUser>;
  /** Those of the namespace, by name. */
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * @throws ImportError while a master is unknown or silent, or of a cluster with access control a member: what lives there would
 * be missing from the answer
 */
export async function observeCluster(
  kube: KubeApi,
  servers: RocketmqServers,
  { namespace, name, domain }: { readonly namespace: string; readonly name: string; readonly domain: string },
  options: CallOptions,
): Promise<Living> {
  // The operator's role lists clusters, and gets none.
  const cluster = (await listAll(kube, RocketMQClusters, namespace)).find(
    ({ metadata }) => metadata.name === name,
  );
  if (cluster === undefined) throw new ImportError(`there is no RocketMQCluster ${name} in ${namespace}`);
  const view = clusterView(cluster, domain);
  const masters = await mastersOf(view, servers, options);
  // Nothing copies users from one member to another.
  const keepers = view.accessControl
    ? view.members.map((member) => ({ group: member.name, address: member.address }))
    : [];
  const [topicTables, groupTables, userTables, topicObjects, groupObjects, userObjects, secrets] =
    await Promise.all([
      tables(topics, masters, servers, options),
      tables(consumerGroups, masters, servers, options),
      tables(importableUsers(new Map(), new Map()), keepers, servers, options),
      listAll(kube, Topics),
      listAll(kube, ConsumerGroups),
      listAll(kube, Users),
      view.accessControl ? listAll(kube, Secrets, namespace) : [],
    ]);
  const isOfCluster = (object: Topic | ConsumerGroup | User): boolean =>
    clusterKeyIn(object) === view.key &&
    findCondition(object.status?.conditions, 'Ready')?.reason !== 'NotAllowed';
  return {
    target: { key: { namespace, name }, view },
    topics: {
      held: topicTables,
      declared: new Set(topicObjects.filter(isOfCluster).map(topicNameOf)),
      taken: objectNamesIn(namespace, topicObjects),
    },
    groups: {
      held: groupTables,
      declared: new Set(groupObjects.filter(isOfCluster).map(groupNameOf)),
      taken: objectNamesIn(namespace, groupObjects),
    },
    users: {
      held: userTables,
      declared: new Set(userObjects.filter(isOfCluster).map(userNameOf)),
      taken: objectNamesIn(namespace, userObjects),
    },
    secrets: new Map(secrets.map((secret) => [secret.metadata.name, secret])),
  };
}

async function mastersOf(
  view: ClusterView,
  servers: RocketmqServers,
  options: CallOptions,
): Promise<ReturnType<typeof readable>> {
  const topology = await observeTopology(view, servers, options);
  const unknown = topology.masters.flatMap((master) => (master.kind === 'Unknown' ? [master.why] : []));
  if (unknown.length > 0) throw new ImportError([...new Set(unknown)].join('; '));
  return readable(topology);
}

async function tables<O extends DeclaredObject, Desired, Actual, Write>(
  { kind }: Importable<O, Desired, Actual, Write>,
  places: readonly { readonly group: string; readonly address: string }[],
  servers: RocketmqServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Actual>>> {
  return new Map(
    await Promise.all(
      places.map(async ({ group, address }) => {
        try {
          return [group, await kind.list(servers.broker(address), options)] as const;
        } catch (error) {
          throw new ImportError(
            `the ${kind.noun}s of ${group} could not be read from ${address}: ${firstLine(error instanceof Error ? error.message : String(error))}`,
            error,
          );
        }
      }),
    ),
  );
}

function objectNamesIn(namespace: string, objects: readonly KubeObject[]): ReadonlySet<string> {
  const there = objects.filter(({ metadata }) => metadata.namespace === namespace);
  return new Set(there.map(({ metadata }) => metadata.name));
}
