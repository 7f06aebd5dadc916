import type { RocketMQCluster } from '../../../operator/src/api/mod.ts';
import { clusterView, credentialsSecretName } from '../../../operator/src/cluster/mod.ts';
import { pausedAnnotation } from '../../../operator/src/cluster/labels.ts';
import { clusterOf } from '../../../operator/src/cluster/testing/specs.ts';
import { toSecretData, type Clock, type Secret } from '../../../operator/src/kube/mod.ts';
import type { ClusterView } from '../../../operator/src/objects/mod.ts';
import { viewOf } from '../../../operator/src/objects/testing/view.ts';
import type { FakeBroker } from '../../fakes/broker.ts';
import { FakeCluster } from '../../fakes/mod.ts';
import type { MemoryNetwork } from './memory-network.ts';

const innerCredentials = { accessKey: 'gantry-inner-1', secretKey: 'inner-secret-key' };
/** Shorter than those of the settings, so that queues run empty within minutes. */
const heldBack = { timedMs: 60_000, transactionMs: 30_000 };

const syncPeriodMs = 10_000;
const registerPeriodMs = 30_000;

export interface ClusterShape {
  readonly namespace: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** A RocketMQ cluster with access control in memory, and what Kubernetes has of it. */
export class WorldCluster {
  readonly namespace: string;
  readonly fake: FakeCluster;
  readonly #clock: Clock;

  static async start(
    { namespace, name, groups }: ClusterShape,
    network: MemoryNetwork,
    clock: Clock,
  ): Promise<WorldCluster> {
    const access = { innerCredentials, enforced: true };
    const fake = await FakeCluster.start({ cluster: name, groups, controllers: 1, access, network });
    return new WorldCluster(namespace, fake, clock);
  }

  private constructor(namespace: string, fake: FakeCluster, clock: Clock) {
    this.namespace = namespace;
    this.fake = fake;
    this.#clock = clock;
    this.#every(syncPeriodMs, () =>
      fake.syncMetadata(fake.groupNames.filter((group) => this.#serves(group))),
    );
    this.#every(registerPeriodMs, () => fake.registerAll());
  }

  /** `namespace/name` */
  get key(): string {
    return `${this.namespace}/${this.fake.name}`;
  }

  get brokers(): readonly FakeBroker[] {
    return this.fake.groupNames.flatMap((group) => this.fake.brokers(group));
  }

  object(): RocketMQCluster {
    const { namespace, fake } = this;
    const brokers = { groups: fake.groupNames.map((name) => ({ name })), replicas: 2 };
    const cluster = clusterOf(
      { brokers, security: { acl: { enabled: true } } },
      { namespace, name: fake.name, uid: `uid-${this.key}`, annotations: {} },
    );
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'Reconciled',
      message: '',
      lastTransitionTime,
    } as const;
    return { ...cluster, status: { observedGeneration: 1, conditions: [ready] } };
  }

  /** As the operator makes it for a cluster. */
  credentials(): Secret {
    const labels = { 'app.kubernetes.io/managed-by': 'gantry' };
    const { accessKey, secretKey } = innerCredentials;
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: this.namespace, name: credentialsSecretName({ name: this.fake.name }), labels },
      data: { accessKey: toSecretData(accessKey), secretKey: toSecretData(secretKey) },
    };
  }

  /** What the operator derives from the object, but that its servers are where they are here. */
  view(object: RocketMQCluster): ClusterView {
    const { nameServers, controllers, members, groups } = viewOf(this.fake);
    return { ...clusterView(object), nameServers, controllers, members, groups, heldBack };
  }

  /** For a merge patch of the object. */
  static paused(paused: boolean): object {
    return { metadata: { annotations: { [pausedAnnotation]: paused ? 'true' : null } } };
  }

  /** Everything is up again, and says so. */
  async mend(): Promise<void> {
    for (const broker of this.brokers) {
      broker.server.fault = 'None';
      if (!broker.server.isListening) await this.fake.restart(broker);
    }
    for (const { server } of [...this.fake.nameServers, ...this.fake.controllers]) {
      server.fault = 'None';
    }
    this.fake.registerAll();
    this.fake.syncMetadata();
  }

  #serves(group: string): boolean {
    const { server } = this.fake.master(group);
    return server.isListening && server.fault === 'None';
  }

  #every(periodMs: number, act: () => void): void {
    const again = (): void => {
      act();
      this.#clock.setTimeout(again, periodMs);
    };
    this.#clock.setTimeout(again, periodMs);
  }
}
