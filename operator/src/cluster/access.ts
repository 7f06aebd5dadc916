/** How far access control of a cluster is: see decision 15. Pure. */
import type { RocketMQClusterSpec, User } from '../api/mod.ts';
import { findCondition, fromSecretData } from '../kube/mod.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import { componentName, memberName, memberPodName, type ClusterIdentity } from './addresses.ts';
import type { Warning } from './break-glass.ts';
import type { Children } from './children.ts';
import { accessStage, credentialsIn, type Access, type AccessStage } from './config/access-settings.ts';
import type { Obstacle } from './obstacles.ts';
import { templateRevision } from './plan.ts';
import { podRevision } from './pods.ts';
import { proxyPods } from './proxies.ts';
import { readRevision, secretPrefix } from './revision.ts';

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
    /** Those in configurations that there are. */
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
 * one has.
 *
 * @returns clauses
 */
export function usersNotEverywhere(users: readonly User[], id: ClusterIdentity): readonly string[] {
  const own = users.filter(
    ({ spec, metadata }) =>
      spec.clusterRef.name === id.name &&
      metadata.namespace === id.namespace &&
      metadata.deletionTimestamp === undefined,
  );
  // Whoever declares them after the cluster would have everybody refused until then.
  if (own.length === 0) return ['no User is declared'];
  return own
    .filter((user) => !isOnEveryBroker(user))
    .map(({ metadata, status }) => ({
      name: metadata.name,
      reason: findCondition(status?.conditions, 'Ready')?.reason ?? 'Progressing',
    }))
    .filter(({ reason }) => reason !== 'Conflict')
    .map(({ name, reason }) => `${name} (${reason})`)
    .toSorted();
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

export function accessStages(
  id: ClusterIdentity,
  spec: RocketMQClusterSpec,
  children: Children,
): AccessStages {
  const members = spec.brokers.groups.flatMap(({ name }) =>
    Array.from({ length: spec.brokers.replicas }, (_, member) => ({
      workload: memberName(id, name, member),
      pod: memberPodName(id, name, member),
    })),
  );
  const proxy = componentName(id, 'proxy');
  return {
    brokers: members.flatMap(({ workload, pod }) =>
      stagesOf(children, workload, [
        templateRevision(children.statefulSets.get(workload)),
        podRevision(children.pods.get(pod)),
      ]),
    ),
    // One that is about to end serves clients until then.
    proxies: stagesOf(children, proxy, [
      templateRevision(children.deployments.get(proxy)),
      ...proxyPods(id, children).map((pod) => podRevision(pod)),
    ]),
  };
}

/** Of the newest configuration that has some. Somebody may delete their Secret; members go on with what they started with. */
export function knownCredentials(children: Pick<Children, 'secrets'>): Credentials | undefined {
  const newestFirst = [...children.secrets.values()].toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1,
  );
  for (const { data = {} } of newestFirst) {
    const files = Object.entries(data).map(([file, text]) => [file, fromSecretData(text)]);
    const found = credentialsIn(Object.fromEntries(files));
    if (found !== undefined) return found;
  }
  return undefined;
}

function stagesOf(
  children: Children,
  workload: string,
  revisions: readonly (string | undefined)[],
): readonly AccessStage[] {
  return revisions.flatMap((hash) => {
    if (hash === undefined) return [];
    const secret = children.secrets.get(`${secretPrefix(workload)}${hash}`);
    return [accessStage(secret === undefined ? undefined : readRevision(workload, secret)?.files)];
  });
}

/** What keeps the cluster from being as it is to be. Everything works meanwhile, as it did before. */
export function accessObstacles(plan: AccessPlan): readonly Obstacle[] {
  if (plan.kind === 'Off') return [];
  if (plan.kind === 'Missing')
    return [{ reason: 'Progressing', message: 'the inner credentials are to be stored' }];
  const { waitsFor } = plan;
  if (waitsFor.length === 0) return [];
  const shown =
    waitsFor.slice(0, 3).join(', ') + (waitsFor.length > 3 ? ` and ${waitsFor.length - 3} more` : '');
  return [
    {
      reason: 'WaitingForUsers',
      message: `requests are checked once every User is on every broker: ${shown}`,
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
