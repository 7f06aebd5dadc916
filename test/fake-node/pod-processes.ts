/** From a pod to the fake process in it: its configuration from the Secret, its store from the volume. */
import { PersistentVolumeClaims, Secrets, type KubeApi, type Pod } from '../../operator/src/kube/mod.ts';
import { readProperties } from '../../operator/src/rocketmq/codec/properties.ts';
import { BrokerStore, ControllerStore, type FakeProcess, type LiveCluster } from '../fakes/mod.ts';

const PORTS = { nameserver: 9876, controller: 9878, broker: 10911 } as const;

/** What lies on the volumes, by the uid of their claims. */
export class Volumes {
  readonly #brokers = new Map<string, BrokerStore>();
  readonly #controllers = new Map<string, ControllerStore>();

  broker(uid: string, reserved: readonly string[]): BrokerStore {
    return take(this.#brokers, uid, () => new BrokerStore(reserved));
  }

  controller(uid: string): ControllerStore {
    return take(this.#controllers, uid, () => new ControllerStore());
  }
}

function take<T>(stores: Map<string, T>, uid: string, make: () => T): T {
  const store = stores.get(uid) ?? make();
  stores.set(uid, store);
  return store;
}

/** @throws Error when the Secret or the claim is not there: a kubelet waits for both */
export async function startProcess(
  kube: KubeApi,
  cluster: LiveCluster,
  volumes: Volumes,
  pod: Pod,
  host: string,
): Promise<FakeProcess> {
  const component = pod.metadata.labels?.['app.kubernetes.io/component'];
  const files = await configFiles(kube, pod);
  switch (component) {
    case 'nameserver':
      return cluster.startNameServer({ host, port: PORTS.nameserver });
    case 'controller': {
      const store = volumes.controller(await claimUid(kube, pod));
      return cluster.startController({ host, port: PORTS.controller }, store);
    }
    case 'broker': {
      const settings = readProperties(files['broker.conf'] ?? '');
      const brokerName = settings.get('brokerName') ?? '';
      const store = volumes.broker(await claimUid(kube, pod), [
        settings.get('brokerClusterName') ?? '',
        brokerName,
      ]);
      return cluster.startBroker({ brokerName, endpoint: { host, port: PORTS.broker }, store, settings });
    }
    case 'proxy':
      // Nobody asks it anything here.
      return { end: async () => undefined };
    case undefined:
    default:
      throw new Error(`pod ${pod.metadata.name} is no part of a cluster`);
  }
}

async function configFiles(kube: KubeApi, pod: Pod): Promise<Readonly<Record<string, string>>> {
  const volume = pod.spec?.volumes?.find(({ secret }) => secret !== undefined);
  const name = volume?.secret?.secretName ?? '';
  const secret = await kube.get(Secrets, { namespace: pod.metadata.namespace ?? '', name });
  if (secret === undefined) throw new Error(`Secret ${name} is not there`);
  const entries = Object.entries(secret.data ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

async function claimUid(kube: KubeApi, pod: Pod): Promise<string> {
  const volume = pod.spec?.volumes?.find((each) => each.persistentVolumeClaim !== undefined);
  const name = volume?.persistentVolumeClaim?.claimName ?? '';
  const claim = await kube.get(PersistentVolumeClaims, { namespace: pod.metadata.namespace ?? '', name });
  if (claim?.metadata.uid === undefined || claim.metadata.deletionTimestamp !== undefined)
    throw new Error(`claim ${name} is not there`);
  return claim.metadata.uid;
}
