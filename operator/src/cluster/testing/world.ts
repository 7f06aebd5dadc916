import { randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';

import type { RocketMQCluster, User } from '../../api/mod.ts';
import {
  Applier,
  Deployments,
  formatKey,
  KubeError,
  keyOf,
  NetworkPolicies,
  Nodes,
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Pods,
  Secrets,
  Services,
  silentLogger,
  StatefulSets,
  systemClock,
  type InformerFace,
  type KubeObject,
  type Pod,
  type ResourceType,
} from '../../kube/mod.ts';
import { FakeApi } from '../../kube/testing/fake-api.ts';
import { defaultClusterDomain } from '../addresses.ts';
import { noMemory } from '../attend.ts';
import { clusterKeyOf } from '../children.ts';
import type { ClusterControllerDeps } from '../deps.ts';
import { failoverMetrics } from '../failover-metrics.ts';
import { isReady } from '../pods.ts';
import { reconcileCluster, type Pass } from '../reconcile.ts';
import { claimName } from '../storage.ts';
import { Processes } from './processes.ts';

/** An API server in memory, with what Kubernetes does, and what runs in the pods: enough to go through whole lives. */
export class World {
  /** Kind of which a quota takes no more, by its plural. */
  forbidden: string | undefined;
  readonly api = new FakeApi({
    before: async ({ verb, resource }) => {
      if (['apply', 'create'].includes(verb) && resource === this.forbidden)
        throw new KubeError('Forbidden', 'exceeded quota');
    },
  });
  readonly #applier = new Applier({ client: this.api, log: silentLogger });
  /** Pods that never get going, by name. */
  readonly broken = new Set<string>();
  /** When the pods that come to be now are made; RFC 3339. */
  podsMadeAt = '2026-01-01T00:00:00Z';
  nowMs = Date.UTC(2026, 0, 2);
  /** What the informer still shows of pods while its watch lags behind. */
  stalePods: readonly Pod[] | undefined;
  /** Declared, with what their controller says of them. */
  users: readonly User[] = [];
  readonly #ips = new Map<string, string>();
  readonly rocketmq = new Processes({
    api: this.api,
    broken: this.broken,
    ipOf: (pod) => this.#ipOf(pod),
  });
  /** As the operator's `/metrics` would show them. */
  readonly registry = new Registry();
  readonly #failovers = failoverMetrics(this.registry);
  /** `reason note` */
  readonly events: string[] = [];
  #memory = noMemory;

  async reconcile(cluster: RocketMQCluster): Promise<Pass> {
    const deps: ClusterControllerDeps = {
      client: this.api,
      informers: {
        clusters: this.#informer<RocketMQCluster>([]),
        nodes: this.#informer(Nodes),
        users: this.#informer<User>(this.users),
        pods: this.#informer(this.stalePods ?? Pods),
        statefulSets: this.#informer(StatefulSets),
        deployments: this.#informer(Deployments),
        services: this.#informer(Services),
        secrets: this.#informer(Secrets),
        disruptionBudgets: this.#informer(PodDisruptionBudgets),
        networkPolicies: this.#informer(NetworkPolicies),
      },
      rocketmq: {
        ...this.rocketmq.client(cluster),
        as: (credentials) => this.rocketmq.client(cluster, credentials),
      },
      applier: this.#applier,
      events: { record: (_about, { reason, note }) => void this.events.push(`${reason} ${note}`) },
      clock: { ...systemClock, now: () => this.nowMs },
      random: () => 0.5,
      randomBytes,
      operatorNamespace: 'gantry-system',
      log: silentLogger,
      failovers: this.#failovers,
    };
    const pass = await reconcileCluster({
      cluster,
      key: `${cluster.metadata.namespace}/${cluster.metadata.name}`,
      domain: defaultClusterDomain,
      deps,
      signal: new AbortController().signal,
      memory: this.#memory,
    });
    this.#memory = pass.memory;
    return pass;
  }

  /** What StatefulSet and Deployment controllers and kubelets do in the meantime. */
  async settle(): Promise<void> {
    for (const set of this.api.stored(StatefulSets)) {
      const { name, namespace = '', generation } = set.metadata;
      for (let ordinal = 0; ordinal < (set.spec?.replicas ?? 0); ordinal += 1) {
        await this.#ensurePod(`${name}-${ordinal}`, namespace, set.spec?.template);
      }
      if (set.spec?.replicas === 0) await this.#removePod(`${name}-0`, namespace);
      await this.api.mergePatch(
        StatefulSets,
        { namespace, name },
        { status: { observedGeneration: generation } },
        { subresource: 'status' },
      );
    }
    for (const { metadata, spec } of this.api.stored(Deployments)) {
      const replicas = spec?.replicas ?? 0;
      const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
      await this.api.mergePatch(
        Deployments,
        { namespace: metadata.namespace ?? '', name: metadata.name },
        { status: { ...counts, observedGeneration: metadata.generation } },
        { subresource: 'status' },
      );
    }
  }

  async #ensurePod(
    name: string,
    namespace: string,
    template: Pick<Pod, 'spec'> & object = {},
  ): Promise<void> {
    const old = this.api.stored(Pods).find((pod) => pod.metadata.name === name);
    const labels = 'metadata' in template && isObject(template.metadata) ? template.metadata : {};
    if (old === undefined) {
      this.rocketmq.told.delete(name);
      const metadata = { ...labels, name, namespace, creationTimestamp: this.podsMadeAt };
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec };
      await this.api.create(Pods, pod);
      await this.#ensureClaim(name, namespace);
    }
    const gate = old?.status?.conditions?.find(({ type }) => type === 'rocketmq.gantry.dev/in-sync');
    const gated = (template.spec?.readinessGates?.length ?? 0) > 0;
    const up = !this.broken.has(name);
    const state = up ? { running: {} } : { waiting: { reason: 'ImagePullBackOff', message: 'not found' } };
    const condition = (type: string, holds: boolean): object => ({
      type,
      status: holds ? 'True' : 'False',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    await this.api.mergePatch(
      Pods,
      { namespace, name },
      {
        status: {
          podIP: this.#ipOf(name),
          containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: up, restartCount: 0, state }],
          conditions: [
            condition('ContainersReady', up),
            condition('Ready', up && (!gated || gate?.status === 'True')),
            ...(gate === undefined ? [] : [gate]),
          ],
        },
      },
      { subresource: 'status' },
    );
  }

  async #removePod(name: string, namespace: string): Promise<void> {
    if (this.api.stored(Pods).some(({ metadata }) => metadata.name === name)) {
      await this.api.delete(Pods, { namespace, name });
    }
  }

  #ipOf(pod: string): string {
    const known = this.#ips.get(pod) ?? `10.0.0.${this.#ips.size + 1}`;
    this.#ips.set(pod, known);
    return known;
  }

  #informer<T extends KubeObject>(source: ResourceType<T> | readonly T[]): InformerFace<T> {
    const objects = (): readonly T[] => ('kind' in source ? this.api.stored(source) : source);
    return {
      store: {
        size: 0,
        get: (key) =>
          objects().find((object) => keyOf(object) === (typeof key === 'string' ? key : formatKey(key))),
        list: objects,
        byIndex: (_index, key) => objects().filter((object) => clusterKeyOf(object) === key),
      },
      onChange: () => undefined,
      synced: Promise.resolve(),
      hasSynced: () => true,
    };
  }

  async #ensureClaim(pod: string, namespace: string): Promise<void> {
    const name = claimName(pod);
    if (this.api.stored(PersistentVolumeClaims).some(({ metadata }) => metadata.name === name)) return;
    const metadata = { name, namespace, creationTimestamp: this.podsMadeAt };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata };
    await this.api.create(PersistentVolumeClaims, claim);
    this.rocketmq.lose(pod);
  }

  readyPods(): readonly string[] {
    return this.api
      .stored(Pods)
      .filter((pod) => isReady(pod))
      .map(({ metadata }) => metadata.name);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
