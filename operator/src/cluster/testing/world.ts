import { Registry } from 'prom-client';
import type { RocketMQCluster } from '../../api/mod.ts';
import {
  Applier,
  Deployments,
  formatKey,
  keyOf,
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
import type { ClusterInfo, ElectRequest, EpochCache, ElectResult, SyncState } from '../../rocketmq/mod.ts';
import { identityOf, defaultClusterDomain, registeredAddress } from '../addresses.ts';
import { noMemory } from '../attend.ts';
import { clusterKeyOf } from '../children.ts';
import { brokerFile, liveBrokerKeys } from '../config/live-keys.ts';
import { parseProperties } from '../config/properties.ts';
import type { ClusterControllerDeps } from '../deps.ts';
import { failoverMetrics } from '../failover-metrics.ts';
import { groupLabel } from '../labels.ts';
import type { Rocketmq } from '../observe.ts';
import { isReady } from '../pods.ts';
import { reconcileCluster, type Pass } from '../reconcile.ts';
import { claimName } from '../storage.ts';
import { workloadsOf } from '../workloads.ts';
import { BrokerMetadata } from './broker-metadata.ts';

/** An API server in memory, and a stand-in for what runs in the pods: enough to go through whole lives. */
export class World {
  readonly api = new FakeApi();
  readonly #applier = new Applier({ client: this.api, log: silentLogger });
  /** Pods that never get going, by name. */
  readonly broken = new Set<string>();
  /** When the pods that come to be now are made; RFC 3339. */
  podsMadeAt = '2026-01-01T00:00:00Z';
  nowMs = Date.UTC(2026, 0, 2);
  /** Pods whose log their master cannot continue, by name, until they come back without their claim. */
  readonly diverged = new Set<string>();
  readonly #metadata = new Map<string, BrokerMetadata>();
  readonly #ips = new Map<string, string>();
  /** By group: who was elected last, by us or by the controllers when the one before was gone. */
  readonly #masters = new Map<string, { readonly address: string; readonly epoch: number }>();
  /** As the operator's `/metrics` would show them. */
  readonly registry = new Registry();
  readonly #failovers = failoverMetrics(this.registry);
  /** `group → pod`, for every election that was asked for. */
  readonly elections: string[] = [];
  /** Settings of running brokers that differ from their file, by pod; a pod that is made again has none. */
  readonly told = new Map<string, ReadonlyMap<string, string>>();
  /** `reason note` */
  readonly events: string[] = [];
  #memory = noMemory;
  /** Masters that were taken out of the name servers, until the next election of their group. */
  readonly #unlisted = new Map<string, string>();

  async reconcile(cluster: RocketMQCluster): Promise<Pass> {
    const deps: ClusterControllerDeps = {
      client: this.api,
      informers: {
        clusters: this.#informer<RocketMQCluster>([]),
        nodes: this.#informer(Nodes),
        pods: this.#informer(Pods),
        statefulSets: this.#informer(StatefulSets),
        deployments: this.#informer(Deployments),
        services: this.#informer(Services),
        secrets: this.#informer(Secrets),
        disruptionBudgets: this.#informer(PodDisruptionBudgets),
      },
      rocketmq: this.#rocketmq(cluster),
      applier: this.#applier,
      events: { record: (_about, { reason, note }) => void this.events.push(`${reason} ${note}`) },
      clock: { ...systemClock, now: () => this.nowMs },
      random: () => 0.5,
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
      this.told.delete(name);
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
    this.diverged.delete(pod);
  }

  #rocketmq(cluster: RocketMQCluster): Rocketmq {
    const sets = workloadsOf(identityOf(cluster), cluster.spec).sets;
    const members = sets.flatMap((set) =>
      set.component === 'broker'
        ? set.pods.map(({ pod }) => ({
            pod,
            address: registeredAddress(this.#ipOf(pod)),
            group: set.inputs.group,
          }))
        : [],
    );
    const running = (group: string): readonly string[] =>
      members
        .filter((each) => each.group === group && this.#runs(each.pod, group))
        .map(({ address }) => address);
    const idOf = (address: string): number => members.findIndex((each) => each.address === address) + 1;
    const elected = (group: string, address: string): number => {
      const epoch = (this.#masters.get(group)?.epoch ?? 0) + 1;
      this.#masters.set(group, { address, epoch });
      return epoch;
    };
    const masterOf = (group: string): string | undefined => {
      const alive = running(group);
      const { address } = this.#masters.get(group) ?? {};
      if (address !== undefined && alive.includes(address)) return address;
      const [heir] = alive;
      if (heir !== undefined) elected(group, heir);
      return heir;
    };
    const elect = ({ brokerName, brokerId }: ElectRequest): ElectResult => {
      const heir = members[brokerId - 1];
      if (heir === undefined) throw new RangeError(`no broker ${brokerId}`);
      // A replica that registers now would be answered with the address of the old master.
      if (!this.#unlisted.delete(brokerName))
        throw new Error(`${brokerName}: name servers list the old master`);
      const masterEpoch = elected(brokerName, heir.address);
      this.elections.push(`${brokerName} → ${heir.pod}`);
      const epochs = { masterEpoch, syncStateSetEpoch: masterEpoch };
      return { changed: true, masterBrokerId: brokerId, masterAddress: heir.address, ...epochs };
    };
    const info = (): ClusterInfo => ({
      clusters: new Map(),
      brokers: new Map(
        cluster.spec.brokers.groups.map(({ name }) => [
          name,
          {
            brokerName: name,
            cluster: cluster.metadata.name,
            addresses: new Map(
              running(name)
                .filter((address) => address !== this.#unlisted.get(name))
                .map((address) => [address === masterOf(name) ? 0 : idOf(address), address]),
            ),
          },
        ]),
      ),
    });
    const isDiverged = (address: string): boolean => this.diverged.has(podAt(address));
    const podAt = (address: string): string => members[idOf(address) - 1]?.pod ?? '';
    const replicas = (group: string, diverged: boolean): SyncState['inSync'] =>
      running(group)
        .filter((address) => isDiverged(address) === diverged)
        .map((address) => ({ brokerId: idOf(address), address, alive: true }));
    const epochs = (pod: string): EpochCache => ({
      cluster: cluster.metadata.name,
      brokerName: '',
      brokerId: 0,
      maxOffset: 100n,
      epochs: [{ epoch: 1, startOffset: this.diverged.has(pod) ? 0n : 100n, endOffset: 100n }],
    });
    const state = (group: string): SyncState => {
      const master = masterOf(group);
      const { epoch = 0 } = this.#masters.get(group) ?? {};
      return {
        ...(master === undefined ? {} : { masterAddress: master }),
        masterEpoch: epoch,
        syncStateSetEpoch: epoch,
        inSync: replicas(group, false),
        notInSync: replicas(group, true),
      };
    };
    const controllers = sets.flatMap((set) => (set.component === 'controller' ? set.pods : []));
    const leader = controllers[0]?.address ?? '';
    return {
      nameServer: () => ({
        clusterInfo: () => Promise.resolve(info()),
        config: () => Promise.resolve(new Map()),
        unregisterBroker: ({ brokerName, brokerAddress }) => {
          this.#unlisted.set(brokerName, brokerAddress);
          return Promise.resolve();
        },
      }),
      broker: (address) => {
        const pod = address.split('.')[0] ?? '';
        return {
          ...this.metadataOf(pod).admin(),
          runtimeInfo: () => Promise.resolve(new Map([['brokerVersionDesc', this.#versionOf(pod)]])),
          epochs: () => Promise.resolve(epochs(pod)),
          haStatus: () => Promise.reject(new Error('not asked here')),
          config: () => Promise.resolve(this.#settingsOf(pod)),
          updateConfig: (values) => {
            this.told.set(pod, new Map([...(this.told.get(pod) ?? []), ...values]));
            return Promise.resolve();
          },
        };
      },
      controller: (address) => ({
        config: () => Promise.resolve(new Map()),
        metadata: () =>
          Promise.resolve({ group: 'g', leaderAddress: leader, isLeader: address === leader, peers: [] }),
        syncState: (groups) => Promise.resolve(new Map(groups.map((group) => [group, state(group)]))),
        electMaster: (request) => Promise.resolve(elect(request)),
        cleanBrokerData: () => Promise.resolve(),
      }),
    };
  }

  /** As a broker: its file over the defaults, and what it was told since. */
  #settingsOf(name: string): ReadonlyMap<string, string> {
    const pod = this.api.stored(Pods).find(({ metadata }) => metadata.name === name);
    const volume = pod?.spec?.volumes?.find(({ secret }) => secret !== undefined);
    const secret = this.api
      .stored(Secrets)
      .find(({ metadata }) => metadata.name === volume?.secret?.secretName);
    const file = Buffer.from(secret?.data?.[brokerFile] ?? '', 'base64').toString('utf8');
    return new Map([...liveBrokerKeys, ...parseProperties(file), ...(this.told.get(name) ?? [])]);
  }

  #runs(name: string, group: string): boolean {
    const pod = this.api.stored(Pods).find(({ metadata }) => metadata.name === name);
    return pod?.metadata.labels?.[groupLabel] === group && !this.broken.has(name) && pod.status !== undefined;
  }

  /** Survives the pod, as its volume does. */
  metadataOf(pod: string): BrokerMetadata {
    const known = this.#metadata.get(pod) ?? new BrokerMetadata();
    this.#metadata.set(pod, known);
    return known;
  }

  /** As a broker says it, of what its pod was made from: `V5_5_0`. */
  #versionOf(name: string): string {
    const pod = this.api.stored(Pods).find(({ metadata }) => metadata.name === name);
    const home = pod?.spec?.containers[0]?.env?.find((each) => each.name === 'ROCKETMQ_HOME')?.value ?? '';
    return `V${home.split('rocketmq-')[1]?.replaceAll('.', '_') ?? ''}`;
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
