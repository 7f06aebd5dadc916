/** How far access control of a cluster is: see decision 15. Pure. */
import { clusterKeyIn, type RocketMQClusterSpec, type User } from '../api/mod.ts';
import { findCondition } from '../kube/mod.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import { listed } from '../listed.ts';
import type { ClusterIdentity } from './addresses.ts';
import type { Warning } from './break-glass.ts';
import type { Children } from './children.ts';
import { accessStage, credentialsIn, type Access, type AccessStage } from './config/access-settings.ts';
import type { Obstacle } from './obstacles.ts';
import { runningRevisions } from './plan.ts';
import { podRevision } from './pods.ts';
import { proxyPods } from './proxies.ts';
import { readRevision, secretPrefix, type Revision } from './revision.ts';
import type { Workloads } from './workloads.ts';

/**
 * - `Off`: not asked for, and no member has credentials.
 * - `Missing`: the inner credentials are to be stored, and nothing gets a new configuration before. `known`: the pair that
 *   members have.
 * - `On`: in the configuration. `waitsFor`: what keeps requests from being checked although every member is prepared.
 */
export type AccessPlan =
  | { readonly kind: 'Off' }
  | { readonly kind: 'Missing'; readonly known: Credentials | undefined }
  | { readonly kind: 'On'; readonly access: Access; readonly waitsFor: readonly string[] };

/** @param absentUsers why clients would be refused that should not be */
export function planAccess(
  options: AccessStages & {
    readonly enabled: boolean;
    readonly credentials: Credentials | undefined;
    /** Those that members have in their configurations. */
    readonly known: Credentials | undefined;
    readonly absentUsers: readonly string[];
  },
): AccessPlan {
  const { enabled, credentials, known, brokers, proxies, absentUsers } = options;
  if (credentials === undefined)
    return enabled || known !== undefined ? { kind: 'Missing', known } : { kind: 'Off' };
  const on = (enforced: boolean, waitsFor: readonly string[] = []): AccessPlan => ({
    kind: 'On',
    access: { credentials, enforced },
    waitsFor,
  });
  if (!enabled) return on(false);
  const all = [...brokers, ...proxies];
  // New, or on the way: what is added to those that check has to check as well, and what began does not go back for a User.
  if (brokers.length === 0 || all.includes('Checks')) return on(true);
  const prepared = all.every((stage) => stage !== 'None');
  return prepared ? on(absentUsers.length === 0, absentUsers) : on(false);
}

/**
 * Users that are not known to be on every broker; those on their way out are nobody's loss, nor are those whose name another
 * one has, or whose namespace the cluster does not allow.
 *
 * @returns clauses
 */
export function usersNotEverywhere(users: readonly User[], id: ClusterIdentity): readonly string[] {
  const own = users.filter(
    (user) =>
      clusterKeyIn(user) === `${id.namespace}/${id.name}` &&
      user.metadata.deletionTimestamp === undefined &&
      reasonOf(user) !== 'NotAllowed',
  );
  // Whoever declares them after the cluster would have everybody refused until then.
  if (own.length === 0) return ['no User is declared'];
  return own
    .filter((user) => !isOnEveryBroker(user))
    .map((user) => ({ name: nameFrom(id.namespace, user), reason: reasonOf(user) }))
    .filter(({ reason }) => reason !== 'Conflict')
    .map(({ name, reason }) => `${name} (${reason})`)
    .toSorted();
}

function nameFrom(here: string, { metadata: { name, namespace = '' } }: User): string {
  return namespace === here ? name : `${namespace}/${name}`;
}

function reasonOf({ status }: User): string {
  return findCondition(status?.conditions, 'Ready')?.reason ?? 'Progressing';
}

/** As its status says of this very spec. */
export function isOnEveryBroker({ metadata, status }: User): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
}

/** Of every revision that runs or is the next one to; of workloads that do not exist there is none. */
export interface AccessStages {
  readonly brokers: readonly AccessStage[];
  readonly proxies: readonly AccessStage[];
}

/** What the configurations of those revisions say, and the pairs that are in them, each once. */
export function accessInUse(
  id: ClusterIdentity,
  { sets, proxy }: Workloads,
  children: Children,
): AccessStages & { readonly inUse: readonly Credentials[] } {
  const brokers = sets
    .filter(({ component }) => component === 'broker')
    .flatMap((set) => filesOf(children, set.name, runningRevisions(set, children)));
  const proxies = filesOf(children, proxy.name, [
    ...runningRevisions(proxy, children),
    // One that is about to end serves clients until then.
    ...proxyPods(id, children).flatMap((pod) => podRevision(pod) ?? []),
  ]);
  const all = [...brokers, ...proxies].map((files) => ({ files, stage: accessStage(files) }));
  const pairs = all.flatMap(({ files, stage }) => (stage === 'None' ? [] : (credentialsIn(files) ?? [])));
  const stages = all.map(({ stage }) => stage);
  return {
    brokers: stages.slice(0, brokers.length),
    proxies: stages.slice(brokers.length),
    inUse: [...new Map(pairs.map((pair) => [pair.accessKey, pair])).values()],
  };
}

/** Of a revision that is not known any more there are none. */
function filesOf(
  children: Children,
  workload: string,
  revisions: readonly string[],
): readonly Revision['files'][] {
  return revisions.map((hash) => {
    const secret = children.secrets.get(`${secretPrefix(workload)}${hash}`);
    return (secret && readRevision(workload, secret)?.files) ?? {};
  });
}

const SHOWN_USERS = 3;

/** What keeps the cluster from being as it is to be. Everything works meanwhile, as it did before. */
export function accessObstacles(plan: AccessPlan): readonly Obstacle[] {
  if (plan.kind === 'Off') return [];
  if (plan.kind === 'Missing')
    return [{ reason: 'Progressing', message: 'the inner credentials are to be stored' }];
  const { waitsFor } = plan;
  if (waitsFor.length === 0) return [];
  return [
    {
      reason: 'WaitingForUsers',
      message: `requests are checked once every User is on every broker: ${listed(waitsFor, SHOWN_USERS)}`,
    },
  ];
}

/** Name servers and controllers check nobody, and brokers not every request: decision 15. */
export function accessWarnings({ security }: RocketMQClusterSpec): readonly Warning[] {
  if (!security.acl.enabled || security.networkPolicy.mode === 'Enabled') return [];
  return [
    {
      reason: 'NoNetworkPolicy',
      message:
        'who reaches name servers, controllers or brokers themselves gets past access control: ' +
        'set spec.security.networkPolicy.mode to Enabled, or keep clients from them by other means',
    },
  ];
}
