/** One look at a cluster: what the spec asks for, what Kubernetes has, and what RocketMQ says. Changes nothing. */
import type { RocketMQCluster } from '../api/mod.ts';
import type { PersistentVolumeClaim } from '../kube/mod.ts';
import { accessInUse, planAccess, usersNotEverywhere, type AccessPlan } from './access.ts';
import { identityOf } from './addresses.ts';
import type { MemberMemory } from './attend.ts';
import { breakGlass, type BreakGlass } from './break-glass.ts';
import { childrenOf, type Children } from './children.ts';
import { configProblems } from './config/check.ts';
import type { ConfigProblem } from './config/key-table.ts';
import type { PassDeps } from './deps.ts';
import { withEnding } from './ending.ts';
import { claimsOf } from './execute.ts';
import { memberVersions, wantsVersions } from './member-versions.ts';
import { isDeparting } from './nodes.ts';
import { ask, type Answers } from './observe.ts';
import { desiredOf, targetOf, type Desired } from './plan.ts';
import { credentialsSecretName, nextSecretName, readCredentials } from './resources/credentials-secret.ts';
import { pairToStore, planRotation, type Rotation, type RotationSecrets } from './rotation.ts';
import { versionProblems } from './versions.ts';
import { questions, snapshot, type ClusterSnapshot } from './view.ts';
import { workloadsOf } from './workloads.ts';

export interface Observation {
  readonly cluster: RocketMQCluster;
  readonly children: Children;
  readonly answers: Answers;
  readonly desired: Desired;
  readonly access: AccessPlan;
  /** Of the inner credentials. */
  readonly rotation: Rotation;
  readonly rotationSecrets: RotationSecrets;
  readonly seen: ClusterSnapshot;
  /** What a person asks for by annotation. */
  readonly asked: BreakGlass;
  /** Of the broker that a person wants rebuilt; undefined when it could not be read. */
  readonly claims: readonly PersistentVolumeClaim[] | undefined;
  /** Settings and versions that the spec cannot have. */
  readonly problems: readonly ConfigProblem[];
  readonly nowMs: number;
}

const askTimeoutMs = 3_000;

export async function observe(context: {
  readonly cluster: RocketMQCluster;
  readonly key: string;
  readonly domain: string;
  readonly deps: PassDeps;
  readonly signal: AbortSignal;
  readonly memory: Pick<MemberMemory, 'ending'>;
}): Promise<Observation> {
  const { cluster, deps, signal, domain, memory } = context;
  const { spec, status } = cluster;
  const nowMs = deps.clock.now();
  const children = withEnding(childrenOf(cluster, deps.informers, context.key), memory.ending, nowMs);
  const id = identityOf(cluster, domain);
  const inUse = accessInUse(id, workloadsOf(id, spec), children);
  const rotationSecrets = {
    current: children.secrets.get(credentialsSecretName(id)),
    next: children.secrets.get(nextSecretName(id)),
  };
  const asked = breakGlass(cluster, nowMs);
  const rotation = planRotation({
    beforeMs: asked.rotateBeforeMs,
    ...rotationSecrets,
    inUse: inUse.inUse,
    allSign: [...inUse.brokers, ...inUse.proxies].every((stage) => stage !== 'None'),
  });
  const access = planAccess({
    enabled: spec.security.acl.enabled,
    credentials: readCredentials(rotationSecrets.current),
    known: pairToStore(inUse.inUse, rotationSecrets),
    brokers: inUse.brokers,
    proxies: inUse.proxies,
    absentUsers: usersNotEverywhere(deps.informers.users.store.list(), id),
  });
  const workloads = workloadsOf(id, spec, access.kind === 'On' ? access.access : undefined);
  const targets = questions(workloads, children, wantsVersions(status, spec.version, workloads));
  const answers = await ask(deps.rocketmq, targets, { signal, timeoutMs: askTimeoutMs });
  const versions = memberVersions(status, workloads, answers);
  const problems = [...configProblems(spec), ...versionProblems(versions.values(), spec.version)];
  const desired = desiredOf(cluster, children, {
    id,
    workloads,
    // Without the credentials that it is to have, a configuration would be of no access control at all.
    configValid: problems.length === 0 && access.kind !== 'Missing',
    guardImage: deps.guardImage,
    operatorNamespace: deps.operatorNamespace,
    restartBeforeMs: asked.restartBeforeMs,
  });
  const seen = snapshot({
    id,
    workloads,
    children,
    answers,
    versions,
    targetOf: (workload, own) => targetOf(desired, workload, own),
    restartBeforeMs: asked.restartBeforeMs,
    isDeparting: (name) => {
      const node = deps.informers.nodes.store.get({ namespace: '', name });
      return node !== undefined && isDeparting(node);
    },
    nowMs,
  });
  const claims =
    asked.rebuild === undefined ? [] : await claimsOf({ ...deps, cluster, signal }, [asked.rebuild.pod]);
  return {
    cluster,
    children,
    answers,
    desired,
    access,
    rotation,
    rotationSecrets,
    seen,
    asked,
    claims,
    problems,
    nowMs,
  };
}
